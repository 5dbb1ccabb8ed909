"""An aligner from any CTC model of transformers (Wav2Vec2ForCTC, HubertForCTC, WavLMForCTC and the like)."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import RATE_HZ
from extractors.acoustics.digital_silence import RecordedSound, recorded_sound, whole_sound
from extractors.alignment.aligner import PlacedRow, Placement, Saying, WordEvidence
from extractors.alignment.ctc import EAGER_SKIP_LOG, SKIP_LOG, CtcWord, ctc_align
from extractors.spoken.transcript import spoken_words
from pipeline.errors import ModelMissingError
from pipeline.hushed import hushed
from pipeline.timegrid import Interval

Float = NDArray[np.float32]

CHUNK_S, OVERLAP_S = 20.0, 2.0
"""Sound is heard in chunks that overlap; the middle of the overlap is where one takes over from the other."""
BATCH = 8
LABEL_S = 0.07
"""A letter lasts about that long: 14 letters a second."""
TAIL_S = 0.1
"""A word sounds on after its last letter was emitted: half the gap to the next, at most this long."""


class CtcAligner:
    """One model, loaded once; keeps nothing of what it aligned.

    Parameters
    ----------
    model : str
        Folder or hub id; only what is installed is used.
    language : str
        Decides how numbers are said.
    device : str
        `auto` (the GPU if there is one), `cpu` or `cuda`.

    Raises
    ------
    ModelMissingError
        If it is not installed, or is not a CTC model.
    """

    mismatch_fit = flagged_fit = -2.5
    contrast_weight = 0.0
    """Letters that were said lie near the best label of their frame; others lie far below (in nats)."""
    evidence = WordEvidence(centre=-2.5, weight=0.6, usual=0.0)
    """By the same bound; measured on no real speech."""

    def __init__(self, model: str, language: str, device: str = "auto") -> None:
        self._language = language
        try:
            self._model = _loaded("AutoModelForCTC", model).eval()
            self._tokenizer = _loaded("AutoTokenizer", model)
            self._extractor = _loaded("AutoFeatureExtractor", model)
        except MemoryError:
            raise
        except Exception as error:  # of several libraries, where the folder is damaged or holds another kind of model
            reason = (str(error) or type(error).__name__).splitlines()[0][:120]
            raise ModelMissingError(
                f"the aligner {model!r} of language {language!r} cannot be loaded ({reason}); run `dmd models fetch "
                f"aligner-{language}` or give the folder of a CTC model under words.aligners in the configuration"
            ) from None
        self._device = self._chosen(device)
        self._model.to(self._device)

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        """Return how many letters of each word the model knows, and how long they take."""
        return [Saying(len(labels), LABEL_S * len(labels)) for labels in self._labels(written)]

    def place(
        self, written: Sequence[str], samples: Float, orders: bool = False, noise: bool = False
    ) -> Placement | None:
        """Return where the words are; None if the sound is too short for their letters, or none is known."""
        labels = self._labels(written)
        sound = recorded_sound(samples)
        found = ctc_align(self.emissions(sound.samples), labels, self._blank)
        if not found and sound.shortened:
            sound = whole_sound(samples)
            found = ctc_align(self.emissions(samples), labels, self._blank)
        if not found:
            return None
        lasting = [len(labels[number]) for number in found]
        fit = float(np.average([word.fit for word in found.values()], weights=lasting))
        places = self._places(found, sound)
        rows = tuple(
            _row(places[number], found[number].fit, len(own)) if number in found else None
            for number, own in enumerate(labels)
        )
        return Placement(rows, "ctc", fit)

    def rough(self, written: Sequence[str], samples: Float, eager: bool = False) -> dict[int, Interval]:
        """Return which of the words are spoken in the sound, by index, and roughly where."""
        skip = EAGER_SKIP_LOG if eager else SKIP_LOG
        sound = recorded_sound(samples)
        return self._places(ctc_align(self.emissions(sound.samples), self._labels(written), self._blank, skip), sound)

    def emissions(self, samples: Float) -> Float:
        """[N] -> [T, V] log probability of each label, chunk by chunk, equal chunks together in a batch."""
        import torch

        size, step = round(CHUNK_S * RATE_HZ), round((CHUNK_S - OVERLAP_S) * RATE_HZ)
        starts = [0, *range(step, max(samples.size - round(OVERLAP_S * RATE_HZ), 0), step)]
        chunks = [samples[start : start + size] for start in starts]
        logs: list[Float] = []
        with torch.inference_mode():
            while len(logs) < len(chunks):
                # only chunks of one length share a batch: padding would change what a group norm sees
                group = [
                    chunk for chunk in chunks[len(logs) : len(logs) + BATCH] if chunk.size == chunks[len(logs)].size
                ]
                logs.extend(self._heard(torch.from_numpy(np.stack([self._normal(chunk) for chunk in group]))))
        cut = round(OVERLAP_S * RATE_HZ / 2 / self._stride)
        ends = [None if index + 1 == len(logs) else -cut for index in range(len(logs))]
        return np.concatenate([log[cut if index else 0 : ends[index]] for index, log in enumerate(logs)])

    def _heard(self, batch: Any) -> list[Float]:
        import torch

        logits = self._model(batch.to(self._device)).logits.float()
        return [np.asarray(log, np.float32) for log in torch.log_softmax(logits, dim=-1).cpu().numpy()]

    def _normal(self, samples: Float) -> Float:
        """Pad what is shorter than one frame of the model; normalise as it was trained."""
        least = 2 * self._stride
        padded = np.pad(samples, (0, max(0, least - samples.size)))
        finite = np.nan_to_num(padded, nan=0.0, posinf=0.0, neginf=0.0)
        if not getattr(self._extractor, "do_normalize", True):
            return finite
        return np.asarray((finite - finite.mean()) / np.sqrt(finite.var() + 1e-7), np.float32)

    def _places(self, found: dict[int, CtcWord], sound: RecordedSound) -> dict[int, Interval]:
        """Frames to seconds of the whole sound; a word sounds on into the gap behind it."""
        frame_s = self._stride / RATE_HZ
        numbers = sorted(found)
        places = {}
        for number, follower in zip(numbers, [*numbers[1:], None], strict=True):
            word = found[number]
            gap_s = (found[follower].start_frame - word.end_frame) * frame_s if follower is not None else 2 * TAIL_S
            end_s = word.end_frame * frame_s + min(TAIL_S, gap_s / 2)
            places[number] = sound.whole_interval(Interval(word.start_frame * frame_s, end_s))
        return places

    def _labels(self, written: Sequence[str]) -> list[list[int]]:
        """Labels of what is said for each written word, in the case the vocabulary is in."""
        rows = spoken_words(written, self._language, lambda _: True)
        between = [self._vocabulary[self._delimiter]] if self._delimiter in self._vocabulary else []
        labelled = []
        for row in rows:
            said = [[self._letter[mark] for mark in word if mark in self._letter] for word in row]
            said = [word for word in said if word]
            labelled.append([label for index, word in enumerate(said) for label in (between * (index > 0) + word)])
        return labelled

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        return dict(self._tokenizer.get_vocab())

    @cached_property
    def _letter(self) -> dict[str, int]:
        """Lower-case letter -> label."""
        return {token.lower(): label for token, label in self._vocabulary.items() if len(token) == 1 and token != "|"}

    @property
    def _delimiter(self) -> str:
        return str(getattr(self._tokenizer, "word_delimiter_token", "|"))

    @property
    def _blank(self) -> int:
        return int(self._tokenizer.pad_token_id)

    @property
    def _stride(self) -> int:
        """Samples a frame."""
        return int(self._model.config.inputs_to_logits_ratio)

    @staticmethod
    def _chosen(device: str) -> str:
        import torch

        if device == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        return device


def _row(place: Interval, fit: float, letters: int) -> PlacedRow:
    return PlacedRow(place, float(np.exp(fit)), Saying(letters, LABEL_S * letters), fit)


def _loaded(kind: str, model: str) -> Any:
    """Load a part of an installed model; nothing is downloaded."""
    import transformers

    with hushed():
        return getattr(transformers, kind).from_pretrained(model, local_files_only=True)
