"""How a transcript is written: a model trained on upper case without punctuation reads other texts less well."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

Case = Literal["upper", "lower", "mixed"]
PUNCTUATION = frozenset(".,!?;:…")
LEAST_LETTERS = 8
LEAST_WORDS = 4
"""Shorter texts tell nothing of how they are written."""
LEAST_TEXTS = 20
RARE = 0.05
"""A style is foreign to a model if fewer of its training texts were written so."""


class TextStyle(BaseModel):
    """How the training texts were written, as shares of those that were long enough to tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: int
    upper: float
    lower: float
    mixed: float
    punctuated: float

    def foreign(self, text: str) -> bool:
        """Tell whether a text is written as hardly any training text was."""
        if self.texts < LEAST_TEXTS or not _judged(text):
            return False
        share = {"upper": self.upper, "lower": self.lower, "mixed": self.mixed}[case_of(text)]
        alike = self.punctuated if punctuated(text) else 1 - self.punctuated
        return share < RARE or alike < RARE


def fit_style(texts: Sequence[str]) -> TextStyle:
    """Return how these texts are written."""
    judged = [text for text in texts if _judged(text)]
    count = max(1, len(judged))
    cases = [case_of(text) for text in judged]
    return TextStyle(
        texts=len(judged),
        upper=cases.count("upper") / count,
        lower=cases.count("lower") / count,
        mixed=cases.count("mixed") / count,
        punctuated=sum(punctuated(text) for text in judged) / count,
    )


def case_of(text: str) -> Case:
    """Return how capitals are used: `upper` if most letters are, `lower` if none is, else `mixed`."""
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    if capitals * 10 > len(letters) * 7:
        return "upper"
    return "mixed" if capitals else "lower"


def punctuated(text: str) -> bool:
    """Tell whether a text has any punctuation mark."""
    return any(letter in PUNCTUATION for letter in text)


def _judged(text: str) -> bool:
    cased = sum(letter.lower() != letter.upper() for letter in text)
    return len(text.split()) >= LEAST_WORDS and cased >= LEAST_LETTERS
