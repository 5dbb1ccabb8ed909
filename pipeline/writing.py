"""What counts as a written word: what stands between blanks, or a character where a language writes without them."""

import unicodedata
from collections.abc import Iterator

WITHOUT_BLANKS = frozenset(("zh", "yue", "ja"))
"""Chinese and Japanese: each character is spoken by itself, and BERT reads it by itself."""
_ALONE = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC ITERATION")
_LEANING = ("HIRAGANA LETTER SMALL", "KATAKANA LETTER SMALL", "KATAKANA-HIRAGANA PROLONGED")
"""Signs that are spoken with the one before them."""


def written_words(text: str, language: str) -> list[str]:
    """Return the words of a text as they are written, one a row.

    Parameters
    ----------
    text : str
    language : str
        BCP 47 tag. In Chinese and Japanese every character is a row, with small kana and punctuation going to the
        character that they follow (opening brackets to the one they precede); numbers and Latin words stay whole.
        In every other language, also in Thai, a row is what stands between blanks.
    """
    if language.replace("_", "-").partition("-")[0].lower() not in WITHOUT_BLANKS:
        return text.split()
    return [word for part in text.split() for word in _characters(part)]


def _characters(part: str) -> Iterator[str]:
    word, open_ended = "", False
    for mark in part:
        name = unicodedata.name(mark, "")
        alone = name.startswith(_ALONE) and not name.startswith(_LEANING)
        opening = unicodedata.category(mark) in ("Ps", "Pi")
        wordlike = mark.isalnum() and not name.startswith(_ALONE) and not name.startswith(_LEANING)
        begins = opening or alone or (wordlike and not open_ended)
        if word and begins and any(other.isalnum() for other in word):
            yield word
            word = ""
        word += mark
        open_ended = wordlike or (open_ended and not alone and not opening)
    if word:
        yield word
