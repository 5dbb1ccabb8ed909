"""A transcript for clips that have none: speech recognition through transformers (Whisper and its kin), opt-in."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from extractors.language_presets import RECOGNISER_NAME
from pipeline.errors import ModelMissingError
from pipeline.hushed import hushed
from pipeline.media.longsound import Samples
from pipeline.media.speech import HOP_S, speech_envelope
from pipeline.words import Transcript, TranscriptWord

Float = NDArray[np.float32]

RATE_HZ = 16_000
LONGEST_S = 28.0
"""A piece of sound for the model, which hears 30 s at a time."""
EARLIEST_CUT_S = 15.0
LEAST_S = 0.1
LANGUAGE_PIECES, LEAST_SURE = 3, 0.6
"""A language is told from so many pieces; with less probability than the second, nobody knows which it is."""
OWN_CODES = {"nb": "no", "jv": "jw", "fil": "tl", "cmn": "zh"}
"""Whisper's code of a language, where it is not the tag's: Norwegian is mostly tagged ``nb``."""


class RecogniserConfig(BaseModel):
    """Which speech recogniser writes missing transcripts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = RECOGNISER_NAME
    """A model that `dmd models fetch` knows, or the folder of any Whisper-like model of transformers."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it runs."""


class Recogniser:
    """Speech to words with times; loaded once, keeps nothing of a clip.

    Raises
    ------
    ModelMissingError
        If the model is not installed.
    """

    def __init__(self, config: RecogniserConfig) -> None:
        self._device = _chosen(config.device)
        self._pipeline = _pipeline(recogniser_folder(config.model), self._device)

    def knows(self, language: str) -> bool:
        """Whether the model can be told to write a language; one of a single language is taken at its word."""
        tokens = getattr(self._pipeline.model.generation_config, "lang_to_id", None)
        return not (tokens and self._multilingual) or f"<|{_code(language)}|>" in tokens

    @property
    def _multilingual(self) -> bool:
        return bool(getattr(self._pipeline.model.generation_config, "is_multilingual", False))

    def transcribe(self, samples: Samples, language: str | None = None) -> Transcript:
        """Return what is said, with the time of each word.

        Sound is heard in pieces of up to 28 s that end in pauses; pieces without speech are not heard at all,
        because recognisers make up words in silence.

        Parameters
        ----------
        samples : ndarray [shape=(N,)]
            16 kHz mono.
        language : str, optional
            BCP 47 tag. If it is not given, a multilingual model says which language it hears; where it is not sure,
            and for a model of one language, that is English.
        """
        first = (piece for _, piece in islice(_pieces(samples), LANGUAGE_PIECES))
        spoken = language or self.language(list(first)) or "en"
        words: list[TranscriptWord] = []
        for start_s, piece in _pieces(samples):  # one after the other: together they are hours of sound
            words.extend(self._heard(piece, start_s, spoken))
        return Transcript(tuple(words), spoken)

    def language(self, pieces: Sequence[Float]) -> str | None:
        """Return the language of some pieces of sound; None if the model knows one only, or is not sure."""
        import torch

        model = self._pipeline.model
        tokens = getattr(model.generation_config, "lang_to_id", None)
        if not pieces or not tokens or not self._multilingual:
            return None
        numbers = list(tokens.values())
        start = torch.tensor([[model.config.decoder_start_token_id]], device=model.device)
        chances = np.zeros(len(numbers))
        for piece in pieces:
            heard = self._pipeline.feature_extractor(piece, sampling_rate=RATE_HZ, return_tensors="pt").input_features
            with torch.inference_mode():
                logits = model(input_features=heard.to(model.device, model.dtype), decoder_input_ids=start).logits
            chances += torch.softmax(logits[0, -1, numbers].double(), dim=0).cpu().numpy() / len(pieces)
        best = int(np.argmax(chances))
        return list(tokens)[best].strip("<|>") if chances[best] >= LEAST_SURE else None

    def _heard(self, piece: Float, start_s: float, language: str | None) -> Iterator[TranscriptWord]:
        options: dict[str, Any] = {"num_beams": 1, "do_sample": False}
        if language and self._multilingual:
            options |= {"language": _code(language), "task": "transcribe"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of the library's own, where a piece holds no words
            heard = self._pipeline(piece, return_timestamps="word", generate_kwargs=options)
        end_s = piece.size / RATE_HZ
        for chunk in heard.get("chunks", []):
            text = "".join(str(chunk["text"]).split())
            first, last = chunk["timestamp"]
            if text and first is not None:
                low_s = min(max(float(first), 0.0), end_s)
                high_s = min(max(float(last if last is not None else end_s), low_s), end_s)
                yield TranscriptWord(text, start_s + low_s, start_s + high_s)


def _code(language: str) -> str:
    """Return what Whisper calls the language of a BCP 47 tag."""
    base = language.replace("_", "-").partition("-")[0].lower()
    return OWN_CODES.get(base, base)


def _pieces(samples: Samples) -> Iterator[tuple[float, Float]]:
    """Cut sound at the longest pause of the second half of each 28 s; skip what holds no speech."""
    active = speech_envelope(samples, RATE_HZ).active
    hop, start = round(HOP_S * RATE_HZ), 0
    while start < active.size:
        stop = min(start + round(LONGEST_S / HOP_S), active.size)
        if stop < active.size:
            stop = _pause(active, start + round(EARLIEST_CUT_S / HOP_S), stop)
        piece = samples[start * hop : stop * hop]
        if active[start:stop].any() and piece.size >= LEAST_S * RATE_HZ:
            yield start * HOP_S, piece
        start = stop


def _pause(active: NDArray[np.bool_], first: int, stop: int) -> int:
    """Middle of the longest run of quiet frames between two frames; the last frame if there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[1], active[first:stop].astype(np.int8), [1]])))
    runs = edges.reshape(-1, 2)
    if runs.size == 0:
        return stop
    begin, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return first + int(begin + end) // 2


def recogniser_folder(model: str) -> str:
    """Return the folder of a recogniser: of a fetched one by its name, else what was given.

    Raises
    ------
    ModelMissingError
        If the named one is not installed.
    """
    from extractors.assets import model_path

    return str(model_path(model)) if model == RECOGNISER_NAME else model


def check_recogniser(config: RecogniserConfig) -> None:
    """Check that a recogniser is on this machine, without loading it.

    Raises
    ------
    ModelMissingError
        It is not.
    """
    from extractors.text import installed_folder

    folder = recogniser_folder(config.model)
    remedy = f"run `dmd models fetch {RECOGNISER_NAME}` or give the folder of a Whisper model"
    installed_folder(folder, f"the speech recogniser {folder!r} is not on this machine; {remedy}")


def _pipeline(folder: str, device: str) -> Any:
    try:
        import transformers

        loaders: dict[str, Any] = {
            "model": transformers.AutoModelForSpeechSeq2Seq,
            "tokenizer": transformers.AutoTokenizer,
            "feature_extractor": transformers.AutoFeatureExtractor,
        }
        with hushed():
            parts = {name: loader.from_pretrained(folder, local_files_only=True) for name, loader in loaders.items()}
    except MemoryError:
        raise
    except Exception as error:  # of several libraries, where the folder is damaged or holds another kind of model
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise ModelMissingError(
            f"the speech recogniser {folder!r} cannot be loaded ({reason}); run `dmd models fetch {RECOGNISER_NAME}` "
            "or give the folder of a Whisper model"
        ) from None
    return transformers.pipeline("automatic-speech-recognition", device=device, **parts)


def _chosen(device: str) -> str:
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
