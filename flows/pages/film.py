"""A film of landmarks: the speaker's face as lines over time, read anew from the clip's media.

A store keeps no landmarks and no pictures, so a page has them only when the media are given. Pictures of the
people themselves are shown only when asked for.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.aligned import AlignedClip
from pipeline.clip import Clip
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from extractors.face import FaceExtractor, FaceResult
    from pipeline.streams import Frame

RATE_HZ = 10.0
"""Instants a second: enough to see a mouth move."""
MOST_INSTANTS = 150
"""A longer clip has fewer instants a second, so that its page stays light."""
SCALE = 1000
"""Landmarks are whole thousandths of the picture's width and height."""
PICTURE_PX = 320
JPEG_QUALITY = 70
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Media:
    """Where the media of a page's clips lie, and what may be shown of them."""

    clips: Mapping[str, Clip]
    """Clip id -> the clip as it was extracted (`pipeline.sources.read_source`)."""
    with_frames: bool = False
    """Show the people themselves behind the landmarks."""


class Filmer:
    """Makes films, in a ``with`` block; face models are loaded when the first is made, once for each configuration.

    Parameters
    ----------
    media : Media or None
        None makes no film.
    """

    def __init__(self, media: Media | None) -> None:
        self.media = media or Media({})
        self._extractors: dict[str, FaceExtractor] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._extractors:
            return
        from extractors.quiet import quiet_native_stderr

        with quiet_native_stderr():
            for extractor in self._extractors.values():
                extractor.close()
        self._extractors.clear()

    def film(self, clip: AlignedClip) -> Json:
        """Return the film of a clip, or the reason why there is none.

        Returns
        -------
        dict
            `times`, `points` (an instant's x and y by turns, in thousandths; None without a face), `lines`
            (pairs of places in `points`), `aspect` (width over height), `pictures`; or `problem`; or nothing where
            the clip has no face or no media.
        """
        source = self.media.clips.get(clip.clip_id)
        if source is None or source.path is None or not clip.face.mask.any():
            return {}
        try:
            return self._film(clip, source)
        except (PipelineError, OSError) as error:
            return {"problem": " ".join(str(error).split())}

    def _film(self, clip: AlignedClip, source: Clip) -> Json:
        from pipeline.files import content_sha256

        assert source.path is not None
        if content_sha256(source.path) != clip.provenance.get("content_sha256"):
            return {
                "problem": f"{source.path.name} is not the file that this clip was extracted from; extract it again"
            }
        rate_hz = min(RATE_HZ, MOST_INSTANTS / max(clip.duration_s, 1e-3))
        result, shape, pictures = self._look(clip, source, rate_hz)
        points, lines = contours(result, shape)
        return {
            "times": np.round(result.track.times_s, 3).tolist(),
            "points": points,
            "lines": lines,
            "aspect": shape[1] / shape[0],
            "pictures": pictures,
        }

    def _look(
        self, clip: AlignedClip, source: Clip, rate_hz: float
    ) -> tuple["FaceResult", tuple[int, int], list[str]]:
        """Read the media once more, as extraction does, at a lower rate."""
        from pipeline.media.speech import speech_envelope
        from pipeline.streams import MediaReader

        assert source.path is not None
        pictures: list[str] = []
        shape, first_s, next_s = (1, 1), 0.0, -np.inf
        extractor = self._extractor(clip)
        with MediaReader(source.path, source.start_s, source.end_s) as reader, extractor.start() as session:
            for frame in reader.frames():
                first_s = frame.pts_s if next_s == -np.inf else first_s
                if frame.pts_s < next_s:
                    continue
                next_s = frame.pts_s + 1.0 / rate_hz - 5e-4
                session.add(frame.image, frame.pts_s - first_s)
                shape = (frame.image.shape[0], frame.image.shape[1])
                if self.media.with_frames:
                    pictures.append(_picture(frame))
            audio = reader.audio()
            speech = speech_envelope(audio.samples, audio.rate_hz) if audio else None
            result = session.finish(speech, clock_offset_s=first_s - audio.start_pts_s if audio else 0.0)
        return result, shape, pictures

    def _extractor(self, clip: AlignedClip) -> "FaceExtractor":
        """Return the extractor that the clip was made with, keeping landmarks."""
        from extractors.face import FaceConfig, FaceExtractor

        recipe = clip.provenance.get("recipe", {})
        config = FaceConfig.model_validate(recipe.get("config", {}).get("face", {}))
        config = config.model_copy(update={"keep_landmarks": True, "max_fps": None, "blendshapes": False})
        key = config.model_dump_json()
        if key not in self._extractors:
            self._extractors[key] = FaceExtractor(config)
        return self._extractors[key]


def contours(result: "FaceResult", shape: tuple[int, int]) -> tuple[list[list[int] | None], list[list[int]]]:
    """Return the points of the face's contours at each instant, and the lines between them.

    Parameters
    ----------
    result : FaceResult
        With landmarks.
    shape : (int, int)
        Height and width of the pictures.
    """
    # Loaded already: the landmarks come from it.
    from mediapipe.tasks.python.vision import FaceLandmarksConnections as Connections

    pairs = [
        (line.start, line.end)
        for line in (
            *Connections.FACE_LANDMARKS_CONTOURS,
            *Connections.FACE_LANDMARKS_LEFT_IRIS,
            *Connections.FACE_LANDMARKS_RIGHT_IRIS,
        )
    ]
    used = sorted({end for pair in pairs for end in pair})
    place = {landmark: at for at, landmark in enumerate(used)}
    assert result.landmarks_px is not None
    size = np.array([shape[1], shape[0]], np.float64)
    whole = np.round(result.landmarks_px[:, used, :2] / size * SCALE).astype(int)
    seen = result.track.mask
    points = [_flat(whole[at]) if seen[at] else None for at in range(len(seen))]
    return points, [[place[start], place[end]] for start, end in pairs]


def _flat(points: NDArray[np.int_]) -> list[int]:
    return [int(value) for value in points.ravel()]


def _picture(frame: "Frame") -> str:
    """Return a small JPEG of a frame as a data URI."""
    import cv2

    height, width = frame.image.shape[:2]
    scale = min(1.0, PICTURE_PX / max(height, width))
    small = cv2.resize(
        frame.image, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode("ascii")
