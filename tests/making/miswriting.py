"""Other ways of writing a transcript: cased, punctuated, and as a recogniser that errs would write it."""

import hashlib
import re

import numpy as np

VOICED_SWAPS = (("b", "p"), ("d", "t"), ("g", "k"), ("v", "f"), ("z", "s"), ("m", "n"), ("ee", "i"), ("oo", "u"))
CONTRACTED = re.compile(r"\b(could|would|should|might|must)ve\b|\b(\w+n)t\b", re.IGNORECASE)
NOT_CONTRACTED = frozenset(
    "want went front point plant aint ant hunt tent sent rent bent dent mint hint print".split()
)


def cased(text: str, number: int = 0) -> str:
    """Write a sentence as people do: a capital at its beginning and in `I`, apostrophes in negations."""
    words = [_apostrophe(word) for word in text.lower().split()]
    words = ["I" + word[1:] if word in ("i", "i'm", "i've") else word for word in words]
    return " ".join([word.capitalize() if at == 0 else word for at, word in enumerate(words)])


def punctuated(text: str, number: int = 0) -> str:
    """Write a sentence with capitals, a comma before conjunctions, and a full stop or an exclamation mark."""
    written = re.sub(r" (but|and|because|so) ", r", \1 ", cased(text))
    return written + ("!" if number % 5 == 0 else ".")


def misheard(share: float) -> "Misheard":
    """Return what writes sentences with this share of wrong words."""
    return Misheard(share)


class Misheard:
    """A recogniser that errs; what errs depends on the sentence alone.

    Of the wrong words 60 % are heard as a common word or with one sound exchanged, 25 % are lost, 15 % come twice.
    """

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, text: str, number: int = 0) -> str:
        seed = int.from_bytes(hashlib.sha256(f"{number} {text}".encode()).digest()[:8], "little")
        random = np.random.default_rng(seed)
        heard: list[str] = []
        for word in text.split():
            if random.random() >= self.share:
                heard.append(word)
                continue
            kind = random.random()
            if kind < 0.60:
                heard.append(_confused(word, random))
            elif kind >= 0.85:
                heard += [word, word]
        return " ".join(heard or text.split()[:1])


COMMON = "the and it a to i was of that is you in this they so but like really for just".split()


def _confused(word: str, random: np.random.Generator) -> str:
    lowered = word.lower()
    swaps = [(a, b) for pair in VOICED_SWAPS for a, b in (pair, pair[::-1]) if a in lowered]
    if not swaps or random.random() < 0.4:
        return COMMON[int(random.integers(len(COMMON)))]
    a, b = swaps[int(random.integers(len(swaps)))]
    return lowered.replace(a, b, 1)


def _apostrophe(word: str) -> str:
    if word in NOT_CONTRACTED:
        return word
    found = CONTRACTED.fullmatch(word)
    if not found:
        return {"im": "i'm", "ive": "i've", "its": "it's", "thats": "that's"}.get(word, word)
    return word[:-2] + "'ve" if found.group(1) else word[:-1] + "'t"


FORMS = {
    "original": lambda text, number: text,
    "cased": cased,
    "punctuated": punctuated,
    "5 % of words misheard": misheard(0.05),
    "10 % of words misheard": misheard(0.10),
    "20 % of words misheard": misheard(0.20),
}
