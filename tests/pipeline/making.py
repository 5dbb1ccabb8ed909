"""Aligned clips made of seeded random values, for tests that need clips but no media."""

import numpy as np

from pipeline.aligned import AlignedClip, ClipInfo, Segment, WordPieces
from pipeline.track import FeatureTrack, WordFeatures
from pipeline.words import Word


def features(rng: np.random.Generator, rows: int, prefix: str, width: int, missing: float = 0.0) -> WordFeatures:
    valid = np.repeat(rng.random((rows, 1)) >= missing, width, axis=1)
    values = np.where(valid, rng.normal(size=(rows, width)), 0).astype(np.float32)
    return WordFeatures(values, valid, tuple(f"{prefix}{i}" for i in range(width)))


def aligned_clip(clip_id: str = "v$_$1", rows: int = 5, seed: int = 0, **info: str) -> AlignedClip:
    rng = np.random.default_rng(seed)
    words = tuple(Word(f"w{i}", 0.3 * i, 0.3 * i + 0.2, 0.9, "strict", 3, 0.25) for i in range(rows))
    times_s = np.arange(10) * 0.04
    values = rng.normal(size=(10, 3)).astype(np.float32)
    track = FeatureTrack(values, times_s, np.ones((10, 3), bool), ("a0", "a1", "a2"))
    return AlignedClip(
        clip_id=clip_id,
        words=words,
        text=features(rng, rows, "t", 8),
        audio=features(rng, rows, "a", 4),
        face=features(rng, rows, "f", 5, missing=0.3),
        native={"audio": track, "face": track},
        pieces=WordPieces(np.arange(rows, dtype=np.int32), np.arange(rows, dtype=np.int32)),
        segments=(Segment(0, rows, 0.0, 0.3 * rows),) if rows else (),
        duration_s=0.3 * rows,
        flags=("narrowband",),
        info=ClipInfo(**info),
        provenance={"content_sha256": f"{seed:064x}", "fingerprint": f"f{seed}"},
    )
