"""What stands behind a clip's face flags: how much was seen, of how many, and whether it goes with the voice."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.faces.config import FaceConfig
from extractors.faces.speaker import SpeakerChoice
from extractors.faces.sync import Sync
from extractors.faces.tracks import Spanned
from pipeline.room import in_blocks
from pipeline.track import FeatureTrack


def face_quality(
    track: FeatureTrack, present: Sequence[Spanned], choice: SpeakerChoice, sync: Sync | None
) -> dict[str, Any]:
    """Return counts and measures for the clip's provenance; shares are 0 to 1.

    Parameters
    ----------
    track : FeatureTrack
        Of the chosen face.
    present : sequence of Spanned [shape=(T,)]
        Where each face of the clip was seen.
    choice : SpeakerChoice
    sync : Sync or None
        `av_offset_s` is the delay of the sound behind the mouth, `av_match` how well they go together there (at
        most 2), `av_gain` by how much better than in time.
    """
    faces = np.zeros(len(track.times_s), np.int64)
    for seen in present:
        faces[seen.span] += seen.values
    several = faces > 1
    return {
        "face_frames": len(track.times_s),
        "face_seen_share": _share(track.mask),
        "face_unsure_frames": _unsure(track),
        "face_tracks": len(present),
        "several_faces_share": _share(several),
        "speaker_changes": int(np.count_nonzero(np.diff(choice.track))),
        "speaker_match": _rounded(choice.match),
        "speaker_margin": _rounded(choice.margin),
        "speaker_lag_s": _rounded(choice.lag_s),
        "av_offset_s": _rounded(sync.offset_s) if sync else None,
        "av_match": _rounded(sync.match) if sync else None,
        "av_gain": _rounded(sync.gain) if sync else None,
    }


def face_flags(
    quality: dict[str, Any], choice: SpeakerChoice, sync: Sync | None, config: FaceConfig
) -> tuple[str, ...]:
    """Return the flags that follow from the quality of a clip's face."""
    if not quality["face_seen_share"]:
        return ("face_missing",)
    raised = {
        "face_partly_missing": quality["face_seen_share"] < config.partly_missing_below,
        "several_faces": quality["several_faces_share"] > config.several_faces_above,
        "off_screen_speaker": choice.off_screen,
        "out_of_sync": sync is not None and sync.out_of_time,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)


def _unsure(track: FeatureTrack) -> int:
    column = track.names.index("face_unsure")
    return sum(int(track.values[part, column].sum()) for part in in_blocks(track.values))


def _share(frames: NDArray[np.bool_]) -> float:
    return round(float(frames.mean()), 4) if frames.size else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
