"""Connected speech with exactly known word times: espeak-ng's library tells at which sample each word begins.

The structures and constants are those of espeak-ng's public header speak_lib.h.
"""

import ctypes
import ctypes.util
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE_HZ = 16_000
WORD, END, PHONEME = 1, 5, 7
"""Kinds of events; 0 ends a list of them."""
SYNCHRONOUS, PHONEME_EVENTS, UTF8, BUFFER_MS = 2, 1, 1, 200
SPEAKING_RATE = 1
PAUSES = (b"_:", b"_")


class _Label(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("phoneme", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("utterance", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("label", _Label),
    ]


_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A spoken sentence and the truth about its words."""

    samples: NDArray[np.float64]
    """[shape=(N,)] 16 kHz mono."""
    truth_s: NDArray[np.float64]
    """[shape=(L, 2)] A word ends where the next one begins, or its pause; a closure belongs to the word behind it."""


def spoken(text: str, voice: str, words_a_minute: int) -> Sentence | None:
    """Return the sentence as espeak-ng says it; None if it says two of the words as one ("of the").

    Raises
    ------
    FileNotFoundError
        If the library or the voice is missing.
    """
    library, rate_hz = _library()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise FileNotFoundError(f"espeak-ng has no voice {voice}; install its data")
    library.espeak_SetParameter(SPEAKING_RATE, words_a_minute, 0)
    pieces: list[NDArray[np.int16]] = []
    events: list[tuple[int, int, int, bytes]] = []

    def heard(wave: "ctypes._Pointer[ctypes.c_short]", count: int, found: "ctypes._Pointer[_Event]") -> int:
        if wave and count:
            pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        at = 0
        while (kind := found[at].kind) != 0:
            event = found[at]
            label = bytes(event.label.phoneme) if kind == PHONEME else b""
            events.append((kind, event.text_position - 1 if event.length else -1, event.sample, label))
            at += 1
        return 0

    callback = _Heard(heard)
    library.espeak_SetSynthCallback(callback)
    written = text.encode()
    library.espeak_Synth(written, len(written) + 1, 0, 1, 0, UTF8, None, None)
    begins = {position: sample for kind, position, sample, _ in events if kind == WORD and position >= 0}
    stops = np.array([sample for kind, _, sample, label in events if kind == END or label in PAUSES])
    tokens = _token_positions(text)
    if sorted(begins) != tokens:
        return None
    starts = np.array([begins[position] for position in tokens])
    ends = np.array([min(np.append(stops[stops > start], after)) for start, after in _with_next(starts)])
    samples = resample_poly(np.concatenate(pieces) / 32768.0, RATE_HZ, rate_hz)
    return Sentence(samples, np.stack([starts, ends], axis=1) / rate_hz)


def _with_next(starts: NDArray[np.int64]) -> list[tuple[int, float]]:
    return list(zip(starts.tolist(), [*starts[1:].tolist(), np.inf], strict=True))


def _token_positions(text: str) -> list[int]:
    """Return where in the text each word begins, in characters."""
    return [at for at in range(len(text)) if text[at] != " " and (at == 0 or text[at - 1] == " ")]


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """Load the library once a process; return it with its sampling rate."""
    name = ctypes.util.find_library("espeak-ng")
    if name is None:
        raise FileNotFoundError("the library of espeak-ng is not installed; no exact truth can be made")
    library = ctypes.CDLL(name)
    rate_hz = int(library.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, None, PHONEME_EVENTS))
    if rate_hz <= 0:
        raise FileNotFoundError("espeak-ng finds no voices; install its data")
    return library, rate_hz
