import pytest

from extractors.spoken.speaker_labels import without_speaker_labels


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("SPEAKER_01: hello", ["", "hello"]),
        ("[speaker_1] yes <SPK_2>: no", ["", "yes", "", "no"]),
        ("SPEAKER_00:Hello there", ["Hello", "there"]),
        ("Speaker 1: well [Participant 12]: yes", ["", "", "well", "", "", "yes"]),
        (">> JOHN: OK >>MARY ANN: no", ["", "", "OK", "", "", "no"]),
    ],
)
def test_who_speaks_is_not_said(written: str, said: list[str]) -> None:
    assert without_speaker_labels(written.split()) == said


@pytest.mark.parametrize(
    "written",
    [
        "the speaker 1 of 2 said",
        "Speaker one: hi",
        ">> not a name: this",
        "JOHN: hello",
        "a speaker",
        ">>",
        "speaker_box:",
    ],
)
def test_what_may_be_said_stays(written: str) -> None:
    kept = ["" if word == ">>" else word for word in written.split()]
    assert [word.strip(">") for word in without_speaker_labels(written.split())] == kept
