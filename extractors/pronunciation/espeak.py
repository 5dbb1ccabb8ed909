"""Phones of an English word by espeak-ng, for those who choose it (`words.g2p: espeak`): GPL-3, so never a default.

Its library is called directly: the one of the system, or the one that the package `espeakng-loader` carries
(``pip install 'dmd-video[espeak]'``). Nothing of it is part of this project. The calls are those of its public header
speak_lib.h.
"""

import ctypes
import ctypes.util
from functools import cache

from extractors.pronunciation.g2p import LETTERS, LONGEST
from extractors.pronunciation.ipa import arpabet
from pipeline.errors import ModelMissingError

VOICE = "en-us"
_SYNCHRONOUS, _DO_NOT_EXIT, _UTF8, _IPA = 2, 0x8000, 1, 0x02
_REMEDY = (
    "run `pip install 'dmd-video[espeak]'` or install espeak-ng (apt install espeak-ng), or set words.g2p to model"
)


class EspeakG2p:
    """Grapheme-to-phoneme by espeak-ng's own rules and dictionary; `phones` has no state of ours.

    Raises
    ------
    ModelMissingError
        If neither the library nor its data are installed; names the command that installs them.
    """

    def __init__(self) -> None:
        self._library, self.version = _library()

    def phones(self, word: str) -> tuple[str, ...]:
        """Return the ARPAbet phones (no stress) of a word; none if it holds no letter of ``a-z'``."""
        plain = "".join(letter for letter in word.lower() if letter in LETTERS)[:LONGEST]
        if not plain.strip("'"):
            return ()
        self._library.espeak_SetVoiceByName(VOICE.encode())  # whoever else uses the library may have set another
        text, said = ctypes.c_char_p(plain.encode()), []
        while text.value is not None:
            clause = self._library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA)
            said.append(clause.decode() if clause else "")
        return arpabet("".join(said))


def espeak_version() -> str:
    """Return the version of the espeak-ng that would be used.

    Raises
    ------
    ModelMissingError
        If it is not installed.
    """
    return _library()[1]


@cache
def _library() -> tuple[ctypes.CDLL, str]:
    """Load the library once a process."""
    place, data = _found()
    if place is None:
        raise ModelMissingError(f"words.g2p is espeak, but no library of espeak-ng is installed: {_REMEDY}")
    try:
        library = ctypes.CDLL(place)
    except OSError as error:
        raise ModelMissingError(f"words.g2p is espeak, but {place} does not load ({error}): {_REMEDY}") from None
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_Info.restype = ctypes.c_char_p
    home = data.encode() if data else None
    if library.espeak_Initialize(_SYNCHRONOUS, 0, home, _DO_NOT_EXIT) <= 0 or library.espeak_SetVoiceByName(
        VOICE.encode()
    ):
        raise ModelMissingError(f"words.g2p is espeak, but espeak-ng finds no voice {VOICE}: {_REMEDY}")
    return library, (library.espeak_Info(None) or b"unknown").decode().split()[0]


def _found() -> tuple[str | None, str | None]:
    """Return the library and its data: the package's, if it is installed, else the system's."""
    try:
        import espeakng_loader
    except ImportError:
        return ctypes.util.find_library("espeak-ng"), None
    return espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
