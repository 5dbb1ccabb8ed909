"""The detections of a clip, measured as they come in, so that memory does not grow by their landmarks."""

from array import array

import numpy as np
from numpy.typing import NDArray

from extractors.faces.columns import MEASURES, POSE_COLUMNS, measured_columns
from extractors.faces.config import FaceConfig
from extractors.faces.geometry import Faces, evaluate
from extractors.faces.landmarks import DetectedFace
from extractors.faces.points import LANDMARKS
from extractors.faces.pose import HeadPose, head_pose, in_head_frame
from extractors.faces.tracks import Sightings
from pipeline.room import GrowingRows, Room

Float64 = NDArray[np.float64]

_BATCH_FACES = 32
"""Faces measured at once: numpy's cost a call is then small against the landmark model's."""


class FaceLedger:
    """Every face of a clip: where it was, and what was measured on it."""

    def __init__(self, config: FaceConfig, room: Room, *, blendshapes: bool) -> None:
        self._config = config
        self._blendshapes = blendshapes
        self.columns = tuple(column.name for column in measured_columns(blendshapes=blendshapes))
        self._waiting: list[tuple[DetectedFace, int, int]] = []
        self._frame = array("q")
        self._centre_px: list[Float64] = []
        self._height_px: list[Float64] = []
        self._measured = GrowingRows(len(self.columns), room)
        self._landmarks_px: list[NDArray[np.float32]] = []

    def enter(self, frame: int, faces: tuple[DetectedFace, ...], height_px: int, width_px: int) -> None:
        """Take the faces of a frame of the given size."""
        self._frame.extend(frame for _ in faces)
        self._waiting.extend((face, height_px, width_px) for face in faces)
        if self._config.keep_landmarks:
            self._landmarks_px.extend(face.points_px for face in faces)
        if len(self._waiting) >= _BATCH_FACES:
            self._measure()

    def sightings(self, times_s: Float64) -> Sightings:
        """Return where and when faces were seen; ``times_s`` [shape=(T,)] are the frames' times."""
        self._measure()
        frame = np.array(self._frame, np.int64)
        return Sightings(
            frame,
            times_s[frame] if frame.size else np.zeros(0),
            np.concatenate([np.zeros((0, 2)), *self._centre_px]),
            np.concatenate([np.zeros(0), *self._height_px]),
        )

    def measured(self) -> Float64:
        """Return what was measured, [shape=(n, D)], a row for every detection."""
        self._measure()
        return self._measured.rows

    def landmarks_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the landmarks of detections, [shape=(T, 478, 3)], 0 where a row is -1."""
        landmarks = np.zeros((len(rows), LANDMARKS, 3), np.float32)
        for index in np.flatnonzero(rows >= 0):
            landmarks[index] = self._landmarks_px[rows[index]]
        return landmarks

    def _measure(self) -> None:
        """Turn the waiting landmarks into measures."""
        if not self._waiting:
            return
        points = np.stack([face.points_px for face, _, _ in self._waiting]).astype(np.float64)
        frame_px = np.array([(width, height) for _, height, width in self._waiting], np.float64)
        pose = head_pose(points)
        low, high = points[:, :, :2].min(axis=1), points[:, :, :2].max(axis=1)
        parts = [
            evaluate(MEASURES, Faces(in_head_frame(points, pose))),
            self._place(points, pose, (low + high) / 2, (high - low)[:, 1], frame_px),
        ]
        if self._blendshapes:
            parts.append(np.stack([face.blendshapes for face, _, _ in self._waiting if face.blendshapes is not None]))
        self._measured.append(np.concatenate(parts, axis=1).astype(np.float64, copy=False))
        self._centre_px.append((low + high) / 2)
        self._height_px.append((high - low)[:, 1])
        self._waiting.clear()

    def _place(
        self, points: Float64, pose: HeadPose, centre_px: Float64, height_px: Float64, frame_px: Float64
    ) -> Float64:
        """[n, pose columns] pose, place in the picture, and whether to trust the rest."""
        outside = ((points[:, :, :2] < 0) | (points[:, :, :2] >= frame_px[:, None])).any(axis=2).mean(axis=1)
        unsure = (
            (np.abs(pose.yaw_deg) > self._config.unsure_yaw_deg)
            | (np.abs(pose.pitch_deg) > self._config.unsure_pitch_deg)
            | (height_px < self._config.unsure_height_px)
            | (outside > self._config.unsure_outside)
        )
        place = (
            pose.yaw_deg,
            pose.pitch_deg,
            pose.roll_deg,
            centre_px[:, 0] / frame_px[:, 0] - 0.5,
            0.5 - centre_px[:, 1] / frame_px[:, 1],
            height_px / frame_px[:, 1],
            unsure,
        )
        assert len(place) == len(POSE_COLUMNS)
        return np.stack(place, axis=1).astype(np.float64)
