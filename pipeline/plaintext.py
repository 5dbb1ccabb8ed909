"""Plain text: one written form for words, however a transcript wrote them.

Transcripts differ in capitals, punctuation and apostrophes, which nobody says: a corpus writes ``IT COULDVE BEEN
BETTER`` where a subtitle has ``It could've been better!``. A model that was trained on the one reads the other
through the same form, so that both give the same score.
"""

import re
import unicodedata
from typing import Literal

Form = Literal["written", "plain"]
"""How words are given to a text model: as the transcript wrote them, or in their plain form."""

APOSTROPHES = re.compile(r"['’‘ʼ`´]")
SPOKEN_SIGNS = {"&": " and ", "%": " percent ", "+": " plus ", "@": " at "}
"""Signs that are read aloud; every other sign is silent."""
CONTRACTIONS = frozenset(
    "ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mustn't needn't shouldn't wasn't "
    "weren't wouldn't won't could've might've must've should've would've i'm i've you're you've you'll you'd they're "
    "they've they'll they'd we've that's that'll there's here's what's who's where's how's it's it'll it'd he's "
    "she's let's everybody's somebody's everyone's someone's nobody's y'all ma'am o'clock".split()
)
"""English words that are written with an apostrophe and are no other common word without it. `we'll`, `i'll`,
`we're`, `she'd` are left out: without their apostrophe nothing tells them from `well`, `ill`, `were`, `shed`."""
RESTORED = {APOSTROPHES.sub("", word): word for word in CONTRACTIONS}


def plain(text: str) -> str:
    """Return a text in its plain form: small letters, digits, one blank between words.

    Apostrophes close up, then stand again in the contractions that need none to be recognised: ``COULDVE``,
    ``could've`` and ``Could’ve`` are ``could've``; ``we'll`` is ``well``, since a transcript without apostrophes
    cannot say more. Every other sign parts words (``well-made`` is ``well made``) or is read aloud (``%``).
    Letters of any script are kept, with their accents.

    Parameters
    ----------
    text : str
        A word or a sentence.

    Returns
    -------
    str
        Empty if the text has no letter and no digit.
    """
    closed = APOSTROPHES.sub("", unicodedata.normalize("NFKC", text))
    spoken = "".join(SPOKEN_SIGNS.get(sign, sign) for sign in closed)
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in spoken.lower())
    return " ".join(RESTORED.get(word, word) for word in unicodedata.normalize("NFC", kept).split())


def in_form(text: str, form: Form) -> str:
    """Return a text as a text model that reads it in this form gets it."""
    return plain(text) if form == "plain" else text


def origin_in_form(digest: str, form: Form) -> str:
    """Return what made text features: the model's sha256, and the form where it is not the written one."""
    return digest if form == "written" else f"{digest} of {form} text"
