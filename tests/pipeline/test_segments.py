"""Long clips are cut at pauses and sentence ends, and nothing is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.segments import SegmentConfig, cut
from pipeline.words import Word


def spoken(texts: list[str], pauses: dict[int, float] | None = None, word_s: float = 0.3) -> list[Word]:
    words, at = [], 0.0
    for index, text in enumerate(texts):
        words.append(Word(text, at, at + word_s, 1.0, "strict"))
        at += word_s + (pauses or {}).get(index, 0.02)
    return words


def test_a_clip_that_fits_is_one_segment_whatever_its_pauses():
    (segment,) = cut(spoken(["a."] * 50, {10: 3.0}))
    assert (segment.first_word, segment.end_word) == (0, 50)


def test_a_long_clip_is_cut_at_its_longest_pause():
    segments = cut(spoken(["a"] * 60, {34: 1.0}))
    assert [s.end_word for s in segments] == [35, 60]


def test_a_sentence_end_beats_a_short_pause():
    texts = ["a"] * 60
    texts[29] = "end.”"
    assert cut(spoken(texts, {40: 0.3}))[0].end_word == 30


def test_no_segment_is_longer_than_the_limit_in_seconds():
    segments = cut(spoken(["a"] * 40, word_s=4.0), SegmentConfig(max_s=60))
    assert all(s.end_s - s.start_s <= 60 for s in segments)


def test_no_rows_make_no_segments():
    assert cut([]) == ()


@given(st.integers(1, 300), st.integers(1, 50), st.lists(st.integers(0, 299), max_size=10))
@settings(max_examples=60, deadline=None)
def test_segments_cover_every_row_once_and_keep_the_limit(count, most, long_pauses):
    segments = cut(spoken(["a"] * count, {p: 2.0 for p in long_pauses}), SegmentConfig(max_words=most))
    assert [s.first_word for s in segments] == [0, *(s.end_word for s in segments[:-1])]
    assert segments[-1].end_word == count
    assert all(0 < s.end_word - s.first_word <= most for s in segments)
