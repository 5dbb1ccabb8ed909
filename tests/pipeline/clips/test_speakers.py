from pathlib import Path

import numpy as np

from pipeline.clips.speakers import said_by, speech_of_only_speaker, with_others
from pipeline.media.speech import SpeechEnvelope
from pipeline.sources import read_source
from pipeline.words import Cue, OtherCue, Transcript, TranscriptWord

WORDS = tuple(TranscriptWord(word) for word in ("how", "are", "you", "fine", "good"))
TALK = Transcript(WORDS, "en", (Cue(0.0, 1.0, 0, 3, "Ann"), Cue(1.0, 2.0, 3, 4, "Bob"), Cue(3.0, 4.0, 4, 5, "Ann")))


def speech(seconds: float = 5.0) -> SpeechEnvelope:
    times_s = np.arange(0.005, seconds, 0.01)
    return SpeechEnvelope(times_s, np.full(times_s.size, -20.0, np.float32), np.ones(times_s.size, bool))


def test_one_speakers_words_keep_their_cues() -> None:
    found = said_by(TALK, " ann ")
    assert found.text == "how are you good"
    assert found.cues == (Cue(0.0, 1.0, 0, 3, "Ann"), Cue(3.0, 4.0, 3, 4, "Ann"))


def test_what_others_say_beside_them_is_remembered_and_not_what_they_say_elsewhere() -> None:
    far = (Cue(9.0, 10.0, 5, 6, "Bob"), Cue(10.0, 11.0, 6, 7, "Cid"))
    talk = Transcript((*WORDS, TranscriptWord("far"), TranscriptWord("away")), "en", (*TALK.cues, *far))
    found = said_by(talk, "Ann")
    assert found.others == (OtherCue(1.0, 2.0, (WORDS[3],), 3),)
    everybody, own = with_others(found)
    assert (everybody.words, own) == (WORDS, [0, 1, 2, 4])
    assert [(cue.start_s, cue.first_word, cue.end_word) for cue in everybody.cues] == [
        (0.0, 0, 3),
        (1.0, 3, 4),
        (3.0, 4, 5),
    ]
    everybody, own = with_others(said_by(talk, "Cid"))
    assert (everybody.text, own, said_by(talk, "Cid").text) == ("far away", [1], "away")


def test_a_transcript_that_was_not_narrowed_has_nobody_beside_it() -> None:
    assert with_others(TALK) == (TALK, [0, 1, 2, 3, 4])


def test_a_name_that_no_cue_has_keeps_everything_and_says_so() -> None:
    found = said_by(TALK, " Speaker 7")
    assert (found.words, found.cues, found.speaker_unmatched) == (TALK.words, TALK.cues, True)
    assert found.problems == (
        "speaker 'Speaker 7' is none of its labels ('Ann', 'Bob'): everybody's words were kept; write one of "
        "them into the column speaker, or leave it empty",
    )


def test_where_nobody_or_one_alone_is_named_there_is_nobody_to_match() -> None:
    assert said_by(TALK, None) is TALK
    assert said_by(TALK, " ") is TALK
    alone = Transcript(WORDS, "en", (Cue(0.0, 1.0, 0, 3, "SPEAKER_00"), Cue(1.0, 2.0, 3, 5, "SPEAKER_00")))
    assert said_by(alone, "actor 12") is alone
    assert said_by(Transcript(WORDS), "Ann").words == WORDS


def test_the_face_is_chosen_by_the_speech_of_the_only_speaker() -> None:
    found = speech_of_only_speaker(said_by(TALK, "Bob"), speech())
    assert found.times_s[found.active].min() > 0.69 and found.times_s[found.active].max() < 2.3
    assert found.level_db[~found.active].max() == -100.0


def test_speech_of_several_or_unnamed_or_silent_speakers_is_left_alone() -> None:
    whole = speech()
    silent = Transcript(WORDS, "en", (Cue(90.0, 91.0, 0, 5, "Ann"),))
    for transcript in (TALK, None, Transcript(WORDS), Transcript(WORDS, "en", (Cue(0.0, 1.0, 0, 5),)), silent):
        assert speech_of_only_speaker(transcript, whole) is whole


def test_a_manifest_row_with_a_speaker_gets_only_his_words(tmp_path: Path) -> None:
    (tmp_path / "talk.mp4").write_bytes(b"")
    (tmp_path / "talk.vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>How are you?\n\n00:01.000 --> 00:02.000\n<v Bob>Fine.\n"
    )
    (tmp_path / "list.csv").write_text("path,id,speaker\ntalk.mp4,a,Ann\ntalk.mp4,b,Bob\ntalk.mp4,c,\n")
    texts = {
        clip.clip_id: clip.transcript.text for clip in read_source(tmp_path / "list.csv").clips if clip.transcript
    }
    assert texts == {"a": "How are you?", "b": "Fine.", "c": "How are you? Fine."}
