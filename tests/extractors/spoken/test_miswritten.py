import pytest

from extractors.spoken.miswritten import as_letters


@pytest.mark.parametrize(
    ("written", "letters"),
    [
        ("f***", "fuck"),
        ("f**king", "fucking"),
        ("Sh*t!", "shit!"),
        ("un-f***ing-real", "un-fucking-real"),
        ("b****", "bitch"),
        ("@#$%!", ""),
        ("Ke$ha", "Kesha"),
        ("1'000'000", "1,000,000"),
        ("3μg", "3 mcg"),
        ("π", " pi "),
        ("Ω", " omega "),
        ("√16", " square root of 16"),
    ],
)
def test_signs_inside_words_become_letters(written: str, letters: str) -> None:
    assert as_letters([written]) == [letters]


@pytest.mark.parametrize(
    "written", ["*really*", "***", "!!!", "what?!", "5*3", "$5", "5'10\"", "λόγος", "a*", "bob@x.com"]
)
def test_what_is_no_such_word_stays(written: str) -> None:
    assert as_letters([written]) == [written]
