"""Word times: every word of a transcript gets its place in the sound, and says how well it is known.

A timed transcript's words begin when it says, its cues bound the search; long recordings become utterances
(`utterances`); an aligner places the words of each (`english`, `ctc_aligner`); what it cannot place is spread over
speech (`proportional`); every written word is a row (`rows`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from extractors.acoustics.cepstra import RATE_HZ
from extractors.alignment.aligner import Aligner
from extractors.languages import AlignerShelf
from extractors.timing.cue_bounds import within_sound
from extractors.timing.given_words import given_to_silence, heard_given, moved_given
from extractors.timing.joined_cues import said_over
from extractors.timing.mismatch import Passage, is_mismatch, out_of_order, worst_passage
from extractors.timing.placing import placed_rows
from extractors.timing.rows import fit_rows
from extractors.timing.timed_rows import TimedRow, less_sure, unjudged_under_others, with_word_cues
from extractors.timing.utterances import uncut
from pipeline.clips.speakers import with_others
from pipeline.errors import ModelMissingError, TranscriptError
from pipeline.media.longsound import Samples
from pipeline.media.speech import SpeechEnvelope, speech_envelope
from pipeline.words import Transcript, Word

UNHEARD_FIT = -8.0
"""Counts for a word that nobody was heard to say; the fit of other speech is about that low."""


class WordTimingConfig(BaseModel):
    """How words get their times."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(default=1.0, gt=0)
    """Length of a row of a clip without transcript."""
    low_confidence: float = Field(default=0.5, ge=0, le=1)
    """A clip whose words have a lower median confidence is flagged `low_alignment_confidence`."""
    mismatch_fit: float | None = None
    """A clip that fits less well is flagged `transcript_mismatch`; None: the bound of its aligner. A higher one finds
    more wrong transcripts, and flags right ones in noise or of voices unlike those that the model knows."""
    given_times: Literal["keep", "refine"] = "keep"
    """What to do with the word times of a timed transcript: take them as they are, or search near them."""
    aligners: dict[str, str] = {}
    """Language -> folder or id of an installed CTC model (Wav2Vec2ForCTC and the like); English has its own."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where CTC models run."""
    g2p: Literal["model", "espeak"] = "model"
    """Who says English words that are in no dictionary: the model that ships, or an installed espeak-ng."""


@dataclass(frozen=True, slots=True)
class TimedWords:
    """The words of a clip with their places, one a transcript word, in order."""

    words: tuple[Word, ...]
    flags: tuple[str, ...] = ()
    """Among `pipeline.aligned.FLAGS`."""
    quality: dict[str, float | str] = field(default_factory=dict)
    """Figures for the provenance: `word_confidence` (median), `words_proportional` (a share), `alignment_fit` (nats a
    frame), `alignment_contrast` (how much better than in reverse; only where the fit leaves a doubt),
    `alignment_order_gain` (nats by which another order of the words explains the sound better; only where one does),
    `alignment_worst_fit` and `alignment_worst_doubt` (of the passage that fits worst), `alignment_worst_first` and
    `alignment_worst_last` (its words, counted from 0; only where it is why the clip is flagged),
    `alignment_problem`, `transcript_problem` (one line, where there is one)."""


class WordTimer:
    """Places words in time; loads its models once and keeps nothing of a clip. Not for two threads at once.

    Raises
    ------
    ModelMissingError
        If espeak-ng is wanted and not installed.
    """

    def __init__(self, config: WordTimingConfig) -> None:
        self._config = config
        self.shelf = AlignerShelf(config.aligners, config.device, config.g2p)

    def time(
        self,
        transcript: Transcript,
        samples: Samples,
        rate_hz: int,
        *,
        rough: bool = False,
        speech: SpeechEnvelope | None = None,
        audible: bool = True,
    ) -> TimedWords:
        """Return the place of every word of the transcript.

        Where nobody is heard, or the sound cannot hold the words, or nothing can align their language, they are
        spread over speech (`proportional`), which a flag says. Words that keep the times of their file are listened
        for there.

        Parameters
        ----------
        transcript : Transcript
        samples : ndarray or LongSound [shape=(N,)]
            Mono, full scale 1.
        rate_hz : int
            16000.
        rough : bool
            Whether the times in the transcript only say where to search, whatever the configuration says (a speech
            recogniser's are of that kind). Where nothing can search, they are kept.
        speech : SpeechEnvelope, optional
            Of these samples, if it is known.
        audible : bool
            False where there is no sound, and the samples only say how long the clip is: then nothing is told of
            words with times.

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
        transcript = within_sound(transcript, samples.size / RATE_HZ)
        keep = self._config.given_times == "keep" and not rough
        everybody, own = with_others(transcript)
        given = [word.start_s is not None and word.end_s is not None for word in everybody.words]
        aligner, problem = None, ""
        try:
            aligner = self.shelf.aligner(transcript.language)
        except ModelMissingError as error:
            problem = "" if keep and all(given[word] for word in own) else str(error)
        bounded = everybody
        if aligner and not keep:
            bounded, given = with_word_cues(everybody), [False] * len(given)
        speech = speech or speech_envelope(samples, RATE_HZ)
        rows = placed_rows(bounded, given, samples, speech, aligner)
        silent = False
        if any(given[word] for word in own) and audible:
            silent = given_to_silence([rows[word] for word in own], speech)
            written = [word.text for word in everybody.words]
            rows = heard_given(rows, written, samples, speech, aligner, own) if aligner else rows
        return self._judged(
            transcript, unjudged_under_others(rows, own, said_over(transcript)), samples, aligner, problem, silent
        )

    def _judged(
        self,
        transcript: Transcript,
        rows: Sequence[TimedRow],
        samples: Samples,
        aligner: Aligner | None,
        problem: str,
        silent: bool,
    ) -> TimedWords:
        given = [row.rung == "given" for row in rows]
        places = fit_rows([row.place for row in rows], samples.size / RATE_HZ, given)
        rows = less_sure(rows, places)
        words = tuple(
            Word(
                word.text,
                place.start_s,
                place.end_s,
                row.confidence,
                row.rung,
                row.saying.phones,
                row.saying.expected_s,
            )
            for word, place, row in zip(transcript.words, places, rows, strict=True)
        )
        spoken = [row for row in rows if row.saying.phones or row.place]
        confidence = float(np.median([row.confidence for row in spoken])) if spoken else 0.0
        spread = float(np.mean([row.rung == "proportional" for row in spoken])) if spoken else 1.0
        quality: dict[str, float | str] = {"word_confidence": confidence, "words_proportional": spread}
        flags = ["low_alignment_confidence"] if confidence < self._config.low_confidence else []
        fits = [row.fit if row.fit is not None else UNHEARD_FIT for row in spoken if row.judged]
        wrong = silent
        if aligner and any(row.fit is not None for row in spoken):
            quality["alignment_fit"] = float(np.mean(fits))
            timed = transcript.cues or any(row.rung == "given" for row in rows)
            at_once = not timed and uncut(len(rows), samples.size / RATE_HZ)
            written = [word.text for word in transcript.words] if at_once else None
            misfit, contrast = is_mismatch(float(np.mean(fits)), written, samples, aligner, self._config.mismatch_fit)
            quality |= {} if contrast is None else {"alignment_contrast": contrast}
            worst = _worst_passage(rows, aligner, self._config.mismatch_fit)
            quality |= worst.figures() if worst else {}
            gain = max((row.order_gain for row in spoken if row.order_gain is not None), default=0.0)
            quality |= {"alignment_order_gain": gain} if gain > 0.0 else {}
            wrong = wrong or misfit or (worst is not None and worst.foreign) or out_of_order(gain, len(spoken))
        flags += ["transcript_mismatch"] if wrong else []
        flags += ["proportional_times"] if spread > 0.0 else []
        problems = (*transcript.problems, *moved_given(rows, places))
        if problems:
            quality["transcript_problem"] = "; ".join(problems)
        if problem:
            quality["alignment_problem"] = problem
            flags.append("language_unsupported")
        return TimedWords(words, tuple(flags), quality)


def _worst_passage(rows: Sequence[TimedRow], aligner: Aligner, bound: float | None) -> Passage | None:
    """Return the worst passage by the words' places in the transcript; None where words are not judged alone."""
    searched = [index for index, row in enumerate(rows) if (row.saying.phones or row.place) and row.judged]
    fits: list[float] = []
    for row in (rows[index] for index in searched):
        fit = UNHEARD_FIT if row.fit is None else row.own_fit
        if fit is None:
            return None
        fits.append(fit)
    worst = worst_passage(fits, aligner, bound)
    return replace(worst, first=searched[worst.first], last=searched[worst.last]) if worst else None


def window_words(duration_s: float, config: WordTimingConfig) -> tuple[Word, ...]:
    """Return the rows of a clip without transcript: windows of equal length without text, rung `window`."""
    count = max(1, round(duration_s / config.window_s))
    edges = np.linspace(0.0, max(duration_s, 0.0), count + 1)
    return tuple(Word("", float(start), float(end), 1.0, "window") for start, end in pairwise(edges))
