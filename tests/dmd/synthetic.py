"""Aligned clips with a signal in them, for tests: what is said, heard and seen follows the label."""

from dataclasses import dataclass

import numpy as np

from pipeline.aligned import AlignedClip, ClipInfo, Segment, WordPieces
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.segments import SegmentConfig, cut
from pipeline.track import WordFeatures, empty_track
from pipeline.words import Word

TEXT, AUDIO, FACE = 12, 6, 5
NAMES = {
    "text": tuple(f"bert_{i:03d}" for i in range(TEXT)),
    "audio": ("pitch_semitones", "loudness_db", "flat", "jitter", "tilt_db", "rate"),
    "face": ("smile", "brow", "gaze_deg", "jaw", "lips"),
}
POSITIVE, NEGATIVE, PLAIN = ("good", "great", "fine"), ("bad", "awful", "poor"), ("the", "one", "a", "film", "was")


@dataclass(frozen=True)
class Recipe:
    clips: int = 24
    words: int = 6
    segment_words: int = 50
    seed: int = 0
    videos: int = 8
    splits: bool = True
    classes: bool = False
    bound: float = 3.0


def make_clip(
    number: int,
    recipe: Recipe = Recipe(),
    *,
    modalities: tuple[str, ...] = ("text", "audio", "face"),
    label: str | None = None,
    models: dict[str, str] | None = None,
    names: dict[str, tuple[str, ...]] = NAMES,
) -> AlignedClip:
    rng = np.random.default_rng(recipe.seed * 1000 + number)
    strength = float(rng.uniform(-1, 1))
    spoken = POSITIVE if strength > 0 else NEGATIVE
    texts = [str(rng.choice(PLAIN if at % 2 else spoken)) for at in range(recipe.words)]
    words = tuple(Word(t, 0.4 * at, 0.4 * at + 0.3, 1.0, "given") for at, t in enumerate(texts))
    rows = {m: _features(rng, strength, m, names[m], m in modalities, recipe.words) for m in names}
    segments: tuple[Segment, ...] = cut(words, SegmentConfig(max_words=recipe.segment_words))
    video = number % recipe.videos
    split = None if not recipe.splits else ("valid", "test", "train", "train")[video % 4]
    if label is None:
        label = ("joy" if strength > 0 else "anger") if recipe.classes else f"{strength * recipe.bound:.2f}"
    return AlignedClip(
        clip_id=f"v{video}$_${number}",
        words=words,
        text=rows["text"],
        audio=rows["audio"],
        face=rows["face"],
        native={m: empty_track(names[m]) for m in ("audio", "face")},
        pieces=WordPieces(
            rng.integers(1000, 1020, recipe.words).astype(np.int32), np.arange(recipe.words, dtype=np.int32)
        ),
        segments=segments,
        duration_s=0.4 * recipe.words,
        flags=tuple(f"{m}_missing" for m in ("text", "audio", "face") if m not in modalities),
        info=ClipInfo(label or None, split, None, f"v{video}"),
        provenance={
            "content_sha256": f"{number:064x}",
            "recipe": {"version": 1, "models": models or {"text": "t" * 8, "face": "f" * 8}},
        },
    )


def make_clips(recipe: Recipe = Recipe()) -> list[AlignedClip]:
    return [make_clip(number, recipe) for number in range(recipe.clips)]


def make_dataset(recipe: Recipe = Recipe()) -> Dataset:
    return dataset_from_clips(make_clips(recipe), "made clips")


def _features(
    rng: np.random.Generator, strength: float, modality: str, names: tuple[str, ...], there: bool, rows: int
) -> WordFeatures:
    values = rng.normal(size=(rows, len(names))) * 0.3
    values[:, 0] += 2 * strength
    valid = np.full(values.shape, there)
    if modality == "audio" and there:
        values = values * 10 + 50
        valid[:, 3] = rng.random(rows) > 0.4
        if "flat" in names:
            values[:, names.index("flat")] = 7.0
    return WordFeatures(np.where(valid, values, 0).astype(np.float32), valid, names)
