import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.words import plain_transcript
from pipeline.writing import written_words


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "It's  fine,\nreally", ["It's", "fine,", "really"]),
        ("de", "Guten Tag", ["Guten", "Tag"]),
        ("zh", "我很好。", ["我", "很", "好。"]),
        ("zh-Hans-CN", "我有3个，OK?", ["我", "有", "3", "个，", "OK?"]),
        ("zh", "看“电影”吗", ["看", "“电", "影”", "吗"]),
        ("ja", "ちょっと待って", ["ちょっ", "と", "待っ", "て"]),
        ("ja", "コーヒー 2杯", ["コー", "ヒー", "2", "杯"]),
        ("th", "สวัสดี ครับ", ["สวัสดี", "ครับ"]),
        ("zh", "！", ["！"]),
    ],
)
def test_a_row_is_what_the_language_writes_apart(language: str, text: str, expected: list[str]) -> None:
    assert written_words(text, language) == expected


@given(st.text(max_size=30), st.sampled_from(("zh", "ja", "en")))
@settings(deadline=None, max_examples=100)
def test_nothing_of_a_text_is_lost(text: str, language: str) -> None:
    assert "".join(written_words(text, language)) == "".join(text.split())
    assert all(word.text for word in plain_transcript(text, language).words)
