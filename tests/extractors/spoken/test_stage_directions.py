import pytest

from extractors.spoken.stage_directions import is_direction, without_stage_directions


@pytest.mark.parametrize(
    "inside",
    [
        "laughs", "laughing", "laughter", "he laughs", "they all laugh", "Ross laughs loudly",
        "Rachel and Ross laugh",
        "sighs deeply", "long pause", "clears his throat", "rolls eyes", "phone rings", "door slams", "music playing",
        "upbeat music", "the song stops", "cheers and applause", "points to Ross", "to Ross", "speaking Spanish",
        "in Spanish", "V.O.", "off-screen", "inaudible", "crying in the background", "♪♪",
    ],
)  # fmt: skip
def test_what_is_heard_or_seen_of_somebody_is_a_direction(inside: str) -> None:
    assert is_direction(inside)


@pytest.mark.parametrize(
    "inside",
    [
        "really", "which I saw", "turns out", "ringing endorsement", "sing it", "beat it", "laugh it off",
        "looks good",
        "in the end", "to be fair", "the music", "his laughter", "Nobody laughs", "stop", "wait", "and then",
        "all of them",
        "music is great", "clap your hands", "What laughs",
    ],
)  # fmt: skip
def test_one_word_beyond_the_vocabulary_makes_it_speech(inside: str) -> None:
    assert not is_direction(inside)


def test_brackets_that_never_close_are_punctuation() -> None:
    assert without_stage_directions(["so", "(we", "left"]) == ["so", "(we", "left"]


def test_a_direction_may_span_words_and_leaves_their_rows() -> None:
    blanked = without_stage_directions(["[door", "slams", "shut]", "go", "(he", "laughs)"])
    assert [word.strip() for word in blanked] == ["", "", "", "go", "", ""]
