"""Word times: every word of a transcript gets its place in the sound, and says how well it is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from extractors.aligner import Aligner, Saying
from extractors.cepstra import RATE_HZ
from extractors.english import EnglishAligner
from extractors.proportional import LETTER_S, spread_over_speech
from extractors.rows import fit_rows
from pipeline.errors import TranscriptError
from pipeline.speech import SpeechEnvelope, speech_envelope
from pipeline.timegrid import Interval
from pipeline.words import Rung, Transcript, Word


class WordTimingConfig(BaseModel):
    """How words get their times."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(default=1.0, gt=0)
    """Length of a row of a clip without transcript."""
    low_confidence: float = Field(default=0.5, ge=0, le=1)
    """A clip whose words have a lower median confidence is flagged `low_alignment_confidence`."""


@dataclass(frozen=True, slots=True)
class TimedWords:
    """The words of a clip with their places, one a transcript word, in order."""

    words: tuple[Word, ...]
    flags: tuple[str, ...] = ()
    """Among `pipeline.aligned.FLAGS`."""
    quality: dict[str, float | str] = field(default_factory=dict)
    """Figures for the provenance: `word_confidence` (median), `words_proportional` (a share), `alignment_fit`."""


class WordTimer:
    """Places words in time; loads its models once and keeps nothing of a clip."""

    def __init__(self, config: WordTimingConfig) -> None:
        self._config = config

    @cached_property
    def _english(self) -> Aligner:
        return EnglishAligner()

    def time(self, transcript: Transcript, samples: NDArray[np.float32], rate_hz: int) -> TimedWords:
        """Return the place of every word of the transcript.

        Where nobody is heard, or the sound cannot hold the words, they are spread over it (`proportional`).

        Parameters
        ----------
        transcript : Transcript
        samples : ndarray [shape=(N,)]
            Mono, full scale 1.
        rate_hz : int
            16000.

        Raises
        ------
        TranscriptError
            If there are words but not a single sample to place them in.
        ValueError
            If the audio is not at 16 kHz.
        """
        if rate_hz != RATE_HZ:
            raise ValueError(f"word timing wants {RATE_HZ} samples a second, got {rate_hz}; resample first")
        if not transcript.words:
            return TimedWords(())
        if samples.size == 0:
            raise TranscriptError(
                f"{len(transcript.words)} words cannot be placed in audio without a single sample; "
                "treat the clip as one without audio"
            )
        written = [word.text for word in transcript.words]
        speech = speech_envelope(samples, rate_hz)
        duration_s = samples.size / rate_hz
        # Any words find a best path through silence; where nobody is heard, no place is better than another.
        placement = self._english.place(written, samples) if speech.active.any() else None
        if placement is None:
            return self._spread(written, speech, duration_s)
        rows = fit_rows([row.interval if row else None for row in placement.rows], duration_s)
        words = tuple(
            _word(text, row, placed.confidence, placement.rung, placed.saying)
            if placed
            else _word(text, row, 0.0, "proportional", Saying())
            for text, row, placed in zip(written, rows, placement.rows, strict=True)
        )
        mismatch = ("transcript_mismatch",) if placement.fit < self._english.mismatch_fit else ()
        return self._judged(words, mismatch, {"alignment_fit": placement.fit})

    def _spread(self, written: Sequence[str], speech: SpeechEnvelope, duration_s: float) -> TimedWords:
        sayings = self._english.sayings(written)
        lasting_s = [saying.expected_s or LETTER_S * len(text) for saying, text in zip(sayings, written, strict=True)]
        rows = fit_rows(spread_over_speech(lasting_s, speech, duration_s), duration_s)
        words = tuple(
            _word(text, row, 0.0, "proportional", saying)
            for text, row, saying in zip(written, rows, sayings, strict=True)
        )
        return self._judged(words, ("proportional_times",), {})

    def _judged(self, words: tuple[Word, ...], flags: tuple[str, ...], figures: dict[str, float]) -> TimedWords:
        spoken = [word for word in words if word.phones]
        confidence = float(np.median([word.confidence for word in spoken])) if spoken else 0.0
        low = ("low_alignment_confidence",) if confidence < self._config.low_confidence else ()
        share = float(np.mean([word.rung == "proportional" for word in spoken])) if spoken else 1.0
        return TimedWords(
            words, (*low, *flags), {"word_confidence": confidence, "words_proportional": share, **figures}
        )


def _word(text: str, row: Interval, confidence: float, rung: Rung, saying: Saying) -> Word:
    return Word(text, row.start_s, row.end_s, confidence, rung, saying.phones, saying.expected_s)


def window_words(duration_s: float, config: WordTimingConfig) -> tuple[Word, ...]:
    """Return the rows of a clip without transcript: windows of equal length without text, rung `window`."""
    count = max(1, round(duration_s / config.window_s))
    edges = np.linspace(0.0, max(duration_s, 0.0), count + 1)
    return tuple(Word("", float(start), float(end), 1.0, "window") for start, end in pairwise(edges))
