"""Word times: forced alignment with PocketSphinx, from strict beams to wide to open to proportional."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from extractors.g2p import G2p
from extractors.phones import expected_s
from extractors.pronounce import Pronouncer, Pronunciation
from extractors.proportional import LETTER_S, spread_over_speech
from extractors.rows import fit_rows
from extractors.sphinx import FRAME_S, RATE_HZ, Placement, SphinxDecoder
from extractors.spoken import Spoken, spoken_words
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
    """Figures for the provenance: `word_confidence`, `words_proportional` (a share), `word_rung`."""


class WordTimer:
    """Places words in time; loads its models once and keeps nothing of a clip. Not for two threads at once."""

    def __init__(self, config: WordTimingConfig) -> None:
        self._config = config
        self._decoder = SphinxDecoder()
        self._pronouncer = Pronouncer(self._decoder.lookup, G2p())

    def time(self, transcript: Transcript, samples: NDArray[np.float32], rate_hz: int) -> TimedWords:
        """Return the place of every word of the transcript.

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
        spoken = spoken_words(written, transcript.language, self._pronouncer.known)
        sounds = {word: self._pronouncer.pronunciations(word) for row in spoken for word in row}
        speech = speech_envelope(samples, rate_hz)
        duration_s = samples.size / rate_hz
        # An open beam places any words in silence; where nobody is heard, no place is better than another.
        placement = self._placement(spoken, sounds, samples) if speech.active.any() else None
        if placement is None:
            return self._proportional(written, spoken, sounds, speech, duration_s)
        return self._aligned(written, spoken, sounds, placement, speech, duration_s)

    def _placement(
        self, spoken: Spoken, sounds: dict[str, tuple[Pronunciation, ...]], samples: NDArray[np.float32]
    ) -> Placement | None:
        entries = [
            word if self._pronouncer.in_dictionary(word) else self._decoder.teach(word, sounds[word])
            for row in spoken
            for word in row
        ]
        whole = np.clip(np.nan_to_num(samples) * 32768.0, -32768, 32767).astype(np.int16)
        return self._decoder.place(entries, whole)

    def _aligned(
        self,
        written: Sequence[str],
        spoken: Spoken,
        sounds: dict[str, tuple[Pronunciation, ...]],
        placement: Placement,
        speech: SpeechEnvelope,
        duration_s: float,
    ) -> TimedWords:
        tokens = iter(placement.tokens)
        placed: list[Interval | None] = []
        said: list[Pronunciation] = []
        for row in spoken:
            here = [next(tokens) for _ in row]
            variants = [sounds[word][token.variant] for word, token in zip(row, here, strict=True)]
            said.append(tuple(phone for variant in variants for phone in variant))
            placed.append(Interval(here[0].start_frame * FRAME_S, here[-1].end_frame * FRAME_S) if here else None)
        rung: Rung = placement.rung
        rows = fit_rows(placed, duration_s)
        words = tuple(
            Word(
                text=text,
                start_s=row.start_s,
                end_s=row.end_s,
                confidence=_confidence(rung, row, speech) if phones else 0.0,
                rung=rung if phones else "proportional",
                phones=len(phones),
                expected_s=expected_s(phones),
            )
            for text, row, phones in zip(written, rows, said, strict=True)
        )
        return self._judged(words)

    def _proportional(
        self,
        written: Sequence[str],
        spoken: Spoken,
        sounds: dict[str, tuple[Pronunciation, ...]],
        speech: SpeechEnvelope,
        duration_s: float,
    ) -> TimedWords:
        said = [tuple(phone for word in row for phone in (sounds[word] or ((),))[0]) for row in spoken]
        lasting_s = [expected_s(phones) or LETTER_S * len(text) for phones, text in zip(said, written, strict=True)]
        rows = fit_rows(spread_over_speech(lasting_s, speech, duration_s), duration_s)
        words = tuple(
            Word(text, row.start_s, row.end_s, 0.0, "proportional", len(phones), expected_s(phones))
            for text, row, phones in zip(written, rows, said, strict=True)
        )
        return self._judged(words, ("proportional_times",))

    def _judged(self, words: tuple[Word, ...], flags: tuple[str, ...] = ()) -> TimedWords:
        spoken = [word for word in words if word.phones]
        confidence = float(np.median([word.confidence for word in spoken])) if spoken else 0.0
        low = ("low_alignment_confidence",) if confidence < self._config.low_confidence else ()
        share = float(np.mean([word.rung == "proportional" for word in spoken])) if spoken else 1.0
        quality: dict[str, float | str] = {"word_confidence": confidence, "words_proportional": share}
        return TimedWords(words, (*low, *flags), quality)


_RUNG_TRUST = {"strict": 1.0, "wide": 0.7, "open": 0.4}


def _confidence(rung: str, row: Interval, speech: SpeechEnvelope) -> float:
    """Trust in the rung times the share of the word in which somebody speaks."""
    inside = (speech.times_s >= row.start_s) & (speech.times_s < row.end_s)
    active = float(speech.active[inside].mean()) if inside.any() else 0.0
    return _RUNG_TRUST[rung] * active


def window_words(duration_s: float, config: WordTimingConfig) -> tuple[Word, ...]:
    """Return the rows of a clip without transcript: windows of equal length without text, rung `window`."""
    count = max(1, round(duration_s / config.window_s))
    edges = np.linspace(0.0, max(duration_s, 0.0), count + 1)
    return tuple(Word("", float(start), float(end), 1.0, "window") for start, end in pairwise(edges))
