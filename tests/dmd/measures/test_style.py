import pytest

from dmd.measures.style import case_of, fit_style

SHOUTED = [f"IT COULDVE BEEN BETTER NUMBER {word} AND MORE" for word in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
WRITTEN = [f"It could have been better, number {word}." for word in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def test_a_text_written_otherwise_is_foreign() -> None:
    style = fit_style(SHOUTED)
    assert style.foreign("It could have been better, honestly.")
    assert style.foreign("it could have been better honestly")
    assert not style.foreign("AND IT WAS NOT SO BAD")


def test_punctuation_alone_is_a_style() -> None:
    assert fit_style(WRITTEN).foreign("It could have been better number one")
    assert not fit_style(WRITTEN).foreign("Was it really worse?")


def test_a_style_that_training_had_is_not_foreign() -> None:
    style = fit_style(SHOUTED + WRITTEN)
    assert not style.foreign(SHOUTED[0]) and not style.foreign(WRITTEN[0])


def test_short_texts_and_few_training_texts_tell_nothing() -> None:
    assert not fit_style(SHOUTED).foreign("Ok then.")
    assert not fit_style(SHOUTED[:5]).foreign(WRITTEN[0])


def test_scripts_without_case_are_not_judged() -> None:
    assert not fit_style(SHOUTED).foreign("这 部 电影 真 的 很 好看 啊")


@pytest.mark.parametrize(("text", "case"), [("GOOD FILM yes", "upper"), ("good one", "lower"), ("Good one", "mixed")])
def test_cases(text: str, case: str) -> None:
    assert case_of(text) == case
