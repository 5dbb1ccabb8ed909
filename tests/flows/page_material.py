"""Clips made of numbers alone, for the tests of the pages."""

import itertools

import numpy as np

from pipeline.aligned import AlignedClip, ClipInfo, Segment, WordPieces
from pipeline.pooling import pool
from pipeline.track import FeatureTrack, WordFeatures
from pipeline.words import Word

AUDIO = ("level_dba", "pitch_semitones", "spectral_flux", "always_the_same")
FACE = (
    "mouth_gap",
    "jaw_open",
    "smile_left",
    "smile_right",
    "brow_gap",
    "head_yaw_deg",
    "head_pitch_deg",
    "head_roll_deg",
)
SENTENCE = ("I", "really", "liked", "how", "the", "whole", "story", "came", "together", "at", "the", "end")


def audio_track(rng: np.random.Generator, duration_s: float) -> FeatureTrack:
    """Return 100 frames a second with unvoiced stretches."""
    times_s = np.arange(0.005, duration_s, 0.01)
    values = np.stack(
        [
            -30 + 12 * np.sin(times_s * 5) + rng.normal(0, 2, times_s.size),
            30 + 4 * np.sin(times_s * 2) + rng.normal(0, 0.4, times_s.size),
            np.abs(rng.normal(1, 0.4, times_s.size)),
            np.full(times_s.size, 0.25),
        ],
        axis=1,
    )
    valid = np.ones(values.shape, bool)
    valid[:, 1] = np.sin(times_s * 7) > -0.4
    return FeatureTrack(np.where(valid, values, 0).astype(np.float32), times_s, valid, AUDIO)


def face_track(rng: np.random.Generator, duration_s: float, hole: tuple[float, float] | None) -> FeatureTrack:
    """Return 25 frames a second, without a face inside ``hole``."""
    times_s = np.arange(0.0, duration_s, 0.04)
    values = np.stack([np.sin(times_s * (1 + at)) * (at + 1) for at in range(len(FACE))], axis=1)
    values = values + rng.normal(0, 0.05, values.shape)
    valid = np.ones(values.shape, bool)
    if hole is not None:
        valid[(times_s >= hole[0]) & (times_s < hole[1])] = False
    return FeatureTrack(np.where(valid, values, 0).astype(np.float32), times_s, valid, FACE)


def make_clip(
    clip_id: str = "clip",
    seed: int = 0,
    words: tuple[str, ...] = SENTENCE,
    info: ClipInfo | None = None,
    hole: tuple[float, float] | None = (1.0, 2.0),
    segments: int = 1,
    flags: tuple[str, ...] = (),
) -> AlignedClip:
    """Return a clip of some words, 0.4 s each with a pause of 0.05 s."""
    rng = np.random.default_rng(seed)
    timed = tuple(
        Word(text, 0.3 + at * 0.45, 0.7 + at * 0.45, float(np.clip(rng.beta(5, 1.5), 0, 1)), "strict")
        for at, text in enumerate(words)
    )
    duration_s = 1.0 + 0.45 * len(words)
    audio, face = audio_track(rng, duration_s), face_track(rng, duration_s, hole)
    ends = np.linspace(0, len(words), segments + 1).astype(int)
    parts = tuple(Segment(a, b, timed[a].start_s, timed[b - 1].end_s) for a, b in itertools.pairwise(ends.tolist()))
    text = rng.normal(size=(len(words), 8)).astype(np.float32)
    names = tuple(f"bert_{at:03d}" for at in range(8))
    return AlignedClip(
        clip_id=clip_id,
        words=timed,
        text=WordFeatures(text, np.ones(text.shape, bool), names),
        audio=pool(audio, timed),
        face=pool(face, timed),
        native={"audio": audio, "face": face},
        pieces=WordPieces(np.arange(len(words), dtype=np.int32), np.arange(len(words), dtype=np.int32)),
        segments=parts,
        duration_s=duration_s,
        flags=flags,
        info=info or ClipInfo(),
    )


def score_row(clip: AlignedClip, score: float, segment: str = "all", **more: object) -> dict[str, object]:
    """Return a score row as `dmd score` writes it."""
    return {
        "clip_id": clip.clip_id,
        "segment": segment,
        "start_s": 0.0,
        "end_s": clip.duration_s,
        "text": " ".join(word.text for word in clip.words),
        "task": "regression",
        "score": score,
        "label": "positive" if score > 0.1 else "negative" if score < -0.1 else "neutral",
        "probabilities": "",
        "score_low": score - 0.8,
        "score_high": score + 0.8,
        "modalities": "text+audio+face",
        "flags": ";".join(clip.flags),
        **more,
    }
