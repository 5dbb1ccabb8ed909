"""One written form for words: what nobody says makes no difference."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.plaintext import CONTRACTIONS, RESTORED, plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("IT COULDVE BEEN BETTER", "it could've been better"),
        ("It could’ve been better!", "it could've been better"),
        ("we'll see -- well, maybe", "well see well maybe"),
        ("a well-made film; 100%", "a well made film 100 percent"),
        ("Très CHER…", "très cher"),
        ("ＦＵＬＬ width", "full width"),
        ("很好。", "很好"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_a_word_has_one_form_however_it_is_written(written, read):
    assert plain(written) == read


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=200)
def test_the_form_is_a_form_of_itself_and_has_no_capitals(text):
    once = plain(text)
    assert plain(once) == once
    assert once == once.lower() and "  " not in once and once == once.strip()


@given(st.lists(st.text("abcdefgh'", min_size=1, max_size=8), max_size=6), st.sampled_from(',.!?;:"'))
@settings(deadline=None, max_examples=100)
def test_capitals_and_signs_change_nothing(words, sign):
    text = " ".join(words)
    assert plain(text.upper()) == plain(text) == plain(f"{text.title()}{sign}") == plain(f"{sign} {text}")


def test_no_contraction_loses_its_apostrophe_to_another_word():
    assert len(RESTORED) == len(CONTRACTIONS)
    assert all(set(word) <= set(string.ascii_lowercase) for word in RESTORED)
    assert not {"well", "ill", "were", "shed", "hell", "shell", "id", "wed"} & set(RESTORED)
