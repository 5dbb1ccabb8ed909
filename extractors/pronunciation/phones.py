"""The 39 ARPAbet phones of English and how long each lasts."""

from collections.abc import Sequence

_KLATT_MS: dict[str, tuple[int, int]] = {
    "AA": (240, 100),
    "AE": (230, 80),
    "AH": (140, 60),
    "AO": (240, 100),
    "AW": (260, 100),
    "AY": (250, 150),
    "B": (85, 60),
    "CH": (70, 50),
    "D": (75, 50),
    "DH": (50, 30),
    "EH": (150, 70),
    "ER": (180, 80),
    "EY": (190, 100),
    "F": (100, 80),
    "G": (80, 60),
    "HH": (80, 20),
    "IH": (135, 40),
    "IY": (155, 55),
    "JH": (70, 50),
    "K": (80, 60),
    "L": (80, 40),
    "M": (70, 60),
    "N": (60, 50),
    "NG": (95, 60),
    "OW": (220, 80),
    "OY": (280, 150),
    "P": (90, 50),
    "R": (80, 30),
    "S": (105, 60),
    "SH": (105, 80),
    "T": (75, 50),
    "TH": (90, 60),
    "UH": (160, 60),
    "UW": (210, 70),
    "V": (60, 40),
    "W": (80, 60),
    "Y": (80, 40),
    "Z": (75, 40),
    "ZH": (70, 40),
}
"""Inherent and minimum duration in ms: Allen, Hunnicutt and Klatt, "From Text to Speech: The MITalk System",
Cambridge University Press 1987, chapter 9."""

PHONES = tuple(_KLATT_MS)
"""The phones in alphabetical order, without stress."""
STOPS = frozenset(("B", "CH", "D", "G", "JH", "K", "P", "T"))
"""Phones with a closure, which after a pause nobody hears."""


def inherent_s(phone: str) -> float:
    """Return how long a phone lasts when it is stressed, in seconds.

    Raises
    ------
    KeyError
        For a name that is not one of `PHONES`.
    """
    return _KLATT_MS[phone][0] / 1000.0


def expected_s(phones: Sequence[str]) -> float:
    """Return how long the phones last in running speech, in seconds.

    Each is taken half way between Klatt's inherent duration (stressed, before a pause) and the minimum that
    his shortening rules can reach: about 11 phones a second.

    Raises
    ------
    KeyError
        For a name that is not one of `PHONES`.
    """
    return sum(inherent + minimum for inherent, minimum in (_KLATT_MS[phone] for phone in phones)) / 2000.0
