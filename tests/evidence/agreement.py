"""Agreement with trusted tools: openSMILE for the voice, the official bundle's blendshapes for the face.

Neither is a dependency: openSMILE runs in a Python of its own, named on the command line; the bundle is a file.
Pearson's correlations are taken over frames (voiced ones for what only voices have), pooled over clips and as the
median over clips; for openSMILE at the best lag of a few frames, because its frames begin elsewhere.
"""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.audio import audio_track
from extractors.face import FaceConfig, FaceExtractor
from pipeline.track import FeatureTrack
from tests.evidence.drift import correlation
from tests.evidence.material import Film, Voice
from tests.evidence.voice_columns import CONFIG

Floats = NDArray[np.float64]
LAGS = range(-3, 7)
"""Frames of 10 ms by which openSMILE's may be late."""
AUDIBLE_DBA = -60.0
LEAST_FRAMES = 30
LEAST_MOTION = 0.02
"""Deviation of an activation under which a film does not show it."""
EGEMAPS: Mapping[str, tuple[str, bool]] = {
    "pitch_semitones": ("F0semitoneFrom27.5Hz_sma3nz", True),
    "loudness": ("Loudness_sma3", False),
    "alpha_ratio_db": ("alphaRatio_sma3", False),
    "hammarberg_db": ("hammarbergIndex_sma3", False),
    "slope_0_500_db_per_khz": ("slope0-500_sma3", False),
    "slope_500_1500_db_per_khz": ("slope500-1500_sma3", False),
    "spectral_flux": ("spectralFlux_sma3", False),
    **{f"mfcc_{k}": (f"mfcc{k}_sma3", False) for k in range(1, 5)},
    "jitter_percent": ("jitterLocal_sma3nz", True),
    "shimmer_db": ("shimmerLocaldB_sma3nz", True),
    "harmonics_to_noise_db": ("HNRdBACF_sma3nz", True),
    "h1_h2_db": ("logRelF0-H1-H2_sma3nz", True),
    "h1_a3_db": ("logRelF0-H1-A3_sma3nz", True),
    **{f"formant_{k}_frequency_hz": (f"F{k}frequency_sma3nz", True) for k in (1, 2, 3)},
    **{f"formant_{k}_bandwidth_hz": (f"F{k}bandwidth_sma3nz", True) for k in (1, 2, 3)},
}
"""Our column -> openSMILE's, and whether only voiced frames count."""
PITCH = "F0semitoneFrom27.5Hz_sma3nz"
BLENDSHAPES: Mapping[str, tuple[tuple[str, ...], int]] = {
    "eye_openness_left": (("eye_blink_left",), -1),
    "eye_openness_right": (("eye_blink_right",), -1),
    "mouth_gap": (("jaw_open",), 1),
    "jaw_open": (("jaw_open",), 1),
    "smile_left": (("mouth_smile_left",), 1),
    "smile_right": (("mouth_smile_right",), 1),
    "lip_pucker": (("mouth_pucker",), 1),
    "brow_inner_raise_left": (("brow_inner_up",), 1),
    "brow_inner_raise_right": (("brow_inner_up",), 1),
    "brow_outer_raise_left": (("brow_outer_up_left",), 1),
    "brow_outer_raise_right": (("brow_outer_up_right",), 1),
    "brow_gap": (("brow_down_left", "brow_down_right"), -1),
    "gaze_up": (("eye_look_up_left", "eye_look_up_right"), 1),
    "gaze_aside": (("eye_look_out_left", "eye_look_in_right"), 1),
    "upper_lip_raise": (("mouth_upper_up_left", "mouth_upper_up_right"), 1),
    "lower_lip_thickness": (("mouth_roll_lower",), -1),
    "cheek_raise_left": (("cheek_squint_left",), 1),
    "nose_wing_raise_left": (("nose_sneer_left",), 1),
}
"""Our column -> the official activations whose mean it should follow, and with which sign."""
SCRIPT = """
import sys, numpy, opensmile
clips = numpy.load(sys.argv[1])
smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
found = {name: smile.process_signal(clips[name], 16000).to_numpy() for name in clips.files}
numpy.savez(sys.argv[2], names=numpy.array(smile.feature_names), **found)
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both readings of one clip, frame by frame."""

    ours: Floats
    theirs: Floats


def voice_agreement(voices: Sequence[Voice], python: str | None) -> dict[str, Any]:
    """Return column -> correlations with openSMILE; or why there are none."""
    if python is None:
        return {"skipped": "no --opensmile given (a python that can import opensmile)"}
    found = subprocess.run([python, "-c", "import opensmile"], capture_output=True, check=False)
    if found.returncode:
        return {"skipped": f"{Path(python).name} cannot import opensmile"}
    theirs, names = _opensmile(voices, python)
    tracks = {voice.name: audio_track(voice.samples, 16_000, CONFIG) for voice in voices}
    result: dict[str, Any] = {}
    for column, (other, voiced_only) in EGEMAPS.items():
        at = [_pairs(tracks, theirs, names, (column, other), voiced_only, lag) for lag in LAGS]
        result[column] = {"with": other, **_figures(max(at, key=lambda pairs: abs(_pooled(pairs))))}
    return result


def face_agreement(films: Sequence[Film], bundle: Path | None) -> dict[str, Any]:
    """Return column -> correlations with the official blendshapes; or why there are none."""
    if bundle is None or not bundle.is_file():
        return {"skipped": "no --official-bundle given (Google's face_landmarker.task)"}
    ours = FaceExtractor(FaceConfig(include_unstable=True))
    official = FaceExtractor(FaceConfig(bundle=str(bundle), include_unstable=True))
    tracks = [(_track(ours, film), _track(official, film)) for film in films]
    result: dict[str, Any] = {}
    for column, (shapes, sign) in BLENDSHAPES.items():
        pairs = [_shape_pair(mine, their, column, shapes) for mine, their in tracks]
        moving = [pair for pair in pairs if pair.theirs.size > LEAST_FRAMES and pair.theirs.std() > LEAST_MOTION]
        name = "+".join(shapes)
        result[column] = {"with": name, "sign": sign, **_figures(moving)} if moving else {
            "with": name, "sign": sign, "skipped": f"no film moves it (deviation under {LEAST_MOTION})"
        }  # fmt: skip
    return result


def _opensmile(voices: Sequence[Voice], python: str) -> tuple[dict[str, Floats], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "clips.npz", Path(folder) / "found.npz"
        np.savez(given, allow_pickle=False, **{f"c{at}": voice.samples for at, voice in enumerate(voices)})
        subprocess.run([python, "-c", SCRIPT, str(given), str(made)], check=True, capture_output=True)
        with np.load(made) as found:
            values = {voice.name: found[f"c{at}"].astype(np.float64) for at, voice in enumerate(voices)}
            return values, [str(name) for name in found["names"]]


def _pairs(
    tracks: Mapping[str, FeatureTrack], theirs: Mapping[str, Floats], names: list[str], columns: tuple[str, str],
    voiced_only: bool, lag: int,
) -> list[Pair]:  # fmt: skip
    pairs = []
    for clip, track in tracks.items():
        other, ours = theirs[clip], track.names.index(columns[0])
        rows = np.arange(max(0, -lag), min(len(track.values) - max(lag, 0), len(other)))
        heard = track.values[rows + lag, track.names.index("level_dba")] > AUDIBLE_DBA
        kept = track.valid[rows + lag, ours] & heard
        value = other[rows, names.index(columns[1])]
        if voiced_only:
            kept &= (other[rows, names.index(PITCH)] > 0) & (value != 0)
        pairs.append(Pair(track.values[rows + lag, ours][kept].astype(np.float64), value[kept]))
    return pairs


def _track(extractor: FaceExtractor, film: Film) -> FeatureTrack:
    with extractor.start() as session:
        for image, time_s in zip(film.images, film.times_s.tolist(), strict=True):
            session.add(image, time_s)
        return session.finish(None).track


def _shape_pair(mine: FeatureTrack, their: FeatureTrack, column: str, shapes: Sequence[str]) -> Pair:
    both = mine.mask & their.mask
    activation = np.mean([their.values[both, their.names.index(f"blendshape_{shape}")] for shape in shapes], axis=0)
    return Pair(mine.values[both, mine.names.index(column)].astype(np.float64), activation.astype(np.float64))


def _pooled(pairs: Sequence[Pair]) -> float:
    ours, theirs = (np.concatenate([getattr(pair, side) for pair in pairs]) for side in ("ours", "theirs"))
    return correlation(ours, theirs) if ours.size > LEAST_FRAMES else 0.0


def _figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    each = [correlation(pair.ours, pair.theirs) for pair in pairs if pair.ours.size > LEAST_FRAMES]
    known = [value for value in each if np.isfinite(value)]
    return {
        "pooled": _pooled(pairs),
        "median_of_clips": float(np.median(known)) if known else float("nan"),
        "clips": len(known),
        "frames": int(sum(pair.ours.size for pair in pairs)),
    }
