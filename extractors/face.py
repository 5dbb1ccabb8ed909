"""Face features of a clip: landmarks frame by frame, then the speaker's face over the whole clip.

The flow: `FaceSession.add` finds the faces of a frame (`faces.follow`, `faces.landmarks`) and measures them
(`faces.ledger`, `faces.pose`, `faces.geometry`); `FaceSession.finish` joins detections to tracks (`faces.tracks`),
lets the voice choose the speaker (`faces.speaker`), and takes velocities (`faces.motion`). A frame without the
speaker's face keeps its time and is not valid.
"""

import zipfile
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from extractors.faces.columns import all_columns
from extractors.faces.config import FaceConfig
from extractors.faces.detector import Detector
from extractors.faces.follow import FaceFollower
from extractors.faces.landmarks import DetectedFace, Landmarker, RunningMode
from extractors.faces.ledger import FaceLedger
from extractors.faces.quality import face_flags, face_quality
from extractors.faces.rows import along, mean_of, rows_of_tracks, speaker_rows, taken_of
from extractors.faces.speaker import choose_speaker
from extractors.faces.sync import find_offset
from pipeline.media.speech import SpeechEnvelope
from pipeline.room import IN_MEMORY, Room
from pipeline.track import FeatureColumn, FeatureTrack

__all__ = ["FaceConfig", "FaceExtractor", "FaceResult", "FaceSession", "face_columns"]

Float64 = NDArray[np.float64]

TIME_DIGITS = 6
"""Of the seconds that count: the same frame times, whatever a file's clock starts at, give the same bytes."""
_BLENDSHAPE_MODEL = "face_blendshapes.tflite"


def face_columns(config: FaceConfig) -> tuple[FeatureColumn, ...]:
    """Return the columns of the tracks that this configuration gives.

    Raises
    ------
    ModelMissingError
        The bundle is not installed or not the known file.
    """
    blendshapes = config.blendshapes and _has_blendshapes(config.bundle_file()[0])
    return all_columns(blendshapes=blendshapes, include_unstable=config.include_unstable)


@cache
def _has_blendshapes(bundle: Path) -> bool:
    with zipfile.ZipFile(bundle) as archive:
        return _BLENDSHAPE_MODEL in archive.namelist()


@dataclass(frozen=True, slots=True, eq=False)
class FaceResult:
    """The speaker's face over a clip."""

    track: FeatureTrack
    """One row a frame that was looked at; not valid where the speaker's face was not seen."""
    flags: tuple[str, ...]
    """Of face_missing, face_partly_missing, several_faces, off_screen_speaker, out_of_sync."""
    quality: dict[str, Any]
    """Counts and measures behind the flags, for the clip's provenance."""
    landmarks_px: NDArray[np.float32] | None = None
    """[shape=(T, 478, 3)] in pixels of the given frames, 0 where not seen; None unless asked for."""


class FaceExtractor:
    """Finds and measures faces; the bundle is read and verified once.

    Raises
    ------
    ModelMissingError
        The bundle is not installed, or not the known file.
    """

    def __init__(self, config: FaceConfig | None = None) -> None:
        self.config = config or FaceConfig()
        path, self.bundle_sha256 = self.config.bundle_file()
        self._bundle = path.read_bytes()
        self._blendshapes = self.config.blendshapes and _has_blendshapes(path)
        self._landmarker: Landmarker | None = None
        self._detector: Detector | None = None

    @property
    def columns(self) -> tuple[FeatureColumn, ...]:
        """The columns of every track it gives."""
        return all_columns(blendshapes=self._blendshapes, include_unstable=self.config.include_unstable)

    def start(self, room: Room = IN_MEMORY) -> "FaceSession":
        """Return a session for one clip, whose measures lie in the room.

        Sessions share the models, which have no state; in video mode, where they do, each has its own.
        """
        if self.config.mode == "video":
            landmarker = self._load_landmarker("video")
            return FaceSession(self.config, landmarker.detect, self._blendshapes, landmarker.close, room)
        if self._landmarker is None:
            self._landmarker = self._load_landmarker("image")
        if self.config.mode == "image":
            return FaceSession(self.config, self._landmarker.detect, self._blendshapes, room=room)
        if self._detector is None:
            self._detector = Detector(self._bundle, self.config.min_confidence)
        follower = FaceFollower(self._landmarker, self._detector, self.config.max_faces, self.config.follow)
        return FaceSession(self.config, follower.look, self._blendshapes, room=room)

    def close(self) -> None:
        """Free the native models; sessions that share them must have ended."""
        for model in (self._landmarker, self._detector):
            if model is not None:
                model.close()
        self._landmarker = self._detector = None

    def _load_landmarker(self, mode: RunningMode) -> Landmarker:
        # A window of a follower may hold a neighbour's face beside its own.
        faces = min(2, self.config.max_faces) if self.config.mode == "follow" else self.config.max_faces
        return Landmarker(
            self._bundle,
            mode=mode,
            max_faces=faces,
            min_confidence=self.config.min_confidence,
            blendshapes=self._blendshapes,
        )


class FaceSession:
    """One clip: add its frames in order, then finish. Use it in a ``with`` block.

    Parameters
    ----------
    config : FaceConfig
    look : callable
        Finds the faces in a picture at a time.
    blendshapes : bool
        Whether they come with blendshapes.
    close : callable, optional
        Frees what belongs to this clip alone.
    room : Room
        Where what is measured lies.
    """

    def __init__(
        self,
        config: FaceConfig,
        look: Callable[[NDArray[np.uint8], float], tuple[DetectedFace, ...]],
        blendshapes: bool,
        close: Callable[[], None] = lambda: None,
        room: Room = IN_MEMORY,
    ) -> None:
        self._config = config
        self._look = look
        self._times_s = array("d")
        self._ledger = FaceLedger(config, room, blendshapes=blendshapes)
        given = all_columns(blendshapes=blendshapes, include_unstable=config.include_unstable)
        self._given = tuple(column.name for column in given)
        self._room = room
        self.close = close

    def add(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Look at one frame.

        Parameters
        ----------
        image : ndarray of uint8 [shape=(H, W, 3)]
            RGB.
        time_s : float
            Counted from the clip's first frame; must increase.

        Raises
        ------
        ValueError
            The time does not increase, or the image is of another type or shape.
        """
        time_s = round(time_s, TIME_DIGITS)
        if self._times_s:
            since_s = time_s - self._times_s[-1]
            if since_s <= 0:
                raise ValueError(f"frame times must increase: {time_s} s comes after {self._times_s[-1]} s")
            # Half a millisecond of grace: 30 frames a second do not stand exactly 1/30 s apart in a file.
            if self._config.max_fps is not None and since_s < 1.0 / self._config.max_fps - 5e-4:
                return
        faces = self._look(image, time_s)
        self._ledger.enter(len(self._times_s), faces, image.shape[0], image.shape[1])
        self._times_s.append(time_s)

    def finish(self, speech: SpeechEnvelope | None, clock_offset_s: float = 0.0) -> FaceResult:
        """Choose the speaker's face and return its features.

        Parameters
        ----------
        speech : SpeechEnvelope or None
            Where the voice is, on the clip's clock; without it the most prominent face is chosen.
        clock_offset_s : float
            Added to frame times to give clip time.
        """
        times_s = np.array(self._times_s, np.float64)
        clip_times_s = times_s + round(clock_offset_s, TIME_DIGITS)
        seen, measured = self._ledger.sightings(times_s), self._ledger.measured()
        tracks = rows_of_tracks(seen, len(times_s), self._config)
        opening = mean_of(measured, [self._ledger.columns.index("mouth_height")])
        openings = [along(track, taken_of(opening, track.values)) for track in tracks]
        present = [along(track, track.values >= 0) for track in tracks]
        choice = choose_speaker(openings, present, clip_times_s, speech, self._config.speaker)
        sync = find_offset(openings, present, clip_times_s, speech, self._config.sync) if speech else None
        values, valid, chosen = speaker_rows(
            measured, self._ledger.columns, self._given, tracks, choice, times_s, self._room
        )
        track = FeatureTrack(values, clip_times_s, valid, self._given)
        quality = face_quality(track, present, choice, sync)
        landmarks_px = self._ledger.landmarks_of(chosen) if self._config.keep_landmarks else None
        return FaceResult(track, face_flags(quality, choice, sync, self._config), quality, landmarks_px)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
