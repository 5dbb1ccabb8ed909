from flows.unmatched import unmatched
from pipeline.clip import Clip
from pipeline.clips.speakers import said_by
from pipeline.words import Cue, Transcript, TranscriptWord

TALK = Transcript(
    (TranscriptWord("yes"), TranscriptWord("no")), "en", (Cue(0.0, 1.0, 0, 1, "Ann"), Cue(1.0, 2.0, 1, 2, "Bob"))
)


def test_a_speaker_whom_no_cue_names_is_said_once_with_an_example() -> None:
    clips = [
        Clip("one", None, said_by(TALK, "Ann")),
        Clip("two", None, said_by(TALK, "Anne")),
        Clip("three", None, said_by(TALK, "S03")),
        Clip("four", None),
    ]
    (line,) = unmatched(clips)
    assert (
        line.startswith("2 clips ask for a speaker")
        and "'two': speaker 'Anne' is none of its labels ('Ann', 'Bob')" in line
    )
    assert not list(unmatched(clips[:1]))
