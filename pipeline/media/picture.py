"""Picture: a decoded frame becomes an upright RGB array of bounded size with square pixels."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

ASPECT_LIMITS = (Fraction(1, 4), Fraction(4))
"""Pixel shapes outside are taken for damage and ignored."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One video frame as a viewer would see it."""

    image: UInt8
    """[shape=(H, W, 3)] RGB, C-contiguous, upright, square pixels, longest side at most `max_side_px`."""
    pts_s: float
    """Presentation time in the file's clock."""
    width: int
    """Pixels across before reduction: the stored size, turned as the frame is shown."""
    height: int
    """Pixels down before reduction."""

    def __repr__(self) -> str:
        shown = f"{self.image.shape[1]}x{self.image.shape[0]}"
        return f"Frame({shown} of {self.width}x{self.height} at {self.pts_s:.3f} s)"


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways to show a picture: transpose first, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def apply(self, image: UInt8) -> UInt8:
        """Return the picture as it is to be seen, C-contiguous."""
        if self.transpose:
            image = image.transpose(1, 0, 2)
        turned = image[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(turned)


def orientation(matrix: bytes | None) -> Orientation:
    """Return the orientation that a display matrix states, to the nearest quarter turn.

    The matrix holds nine native-endian int32, row by row; a stored point (x, y) is shown at
    (a x + c y, b x + d y) with a, b = m[0], m[1] and c, d = m[3], m[4] (FFmpeg, libavutil/display.h).
    """
    if matrix is None or len(matrix) < 36:
        return Orientation()
    a, b, _, c, d = (int(value) for value in np.frombuffer(matrix[:20], dtype=np.int32))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, a < 0, d < 0)
    return Orientation(True, c < 0, b < 0)


def rotation_matrix(degrees: float) -> bytes:
    """Return the display matrix of a counter-clockwise turn (as `av_display_rotation_set`, with its sign)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    values = np.array([cosine, -sine, 0, sine, cosine, 0, 0, 0, 0]) * 65536
    return np.round(values).astype(np.int32).tobytes()


def shown_size(width: int, height: int, aspect: Fraction | None, max_side_px: int) -> tuple[int, int]:
    """Return the size at which a stored picture is converted: square pixels, at most ``max_side_px`` a side.

    Parameters
    ----------
    width, height : int
        Stored size, pixels.
    aspect : Fraction or None
        Width of one stored pixel over its height.
    max_side_px : int

    Returns
    -------
    width, height : int
        At least 1 each.
    """
    if aspect is None or not ASPECT_LIMITS[0] <= aspect <= ASPECT_LIMITS[1]:
        aspect = Fraction(1)
    wide, high = width * aspect, Fraction(height)
    shrink = min(Fraction(1), Fraction(max_side_px) / max(wide, high))
    return max(1, round(wide * shrink)), max(1, round(high * shrink))


class PictureMaker:
    """Converts the frames of one stream; holds the scaler, which is set up anew only when sizes change."""

    def __init__(self, max_side_px: int) -> None:
        self._max_side_px = max_side_px
        self._scaler = VideoReformatter()

    def picture(self, frame: VideoFrame, pts_s: float, aspect: Fraction | None) -> Frame:
        """Return ``frame`` as it is to be seen.

        Parameters
        ----------
        frame : av.VideoFrame
        pts_s : float
        aspect : Fraction or None
            Width of one stored pixel over its height.
        """
        width, height = shown_size(frame.width, frame.height, aspect, self._max_side_px)
        # averaging over areas reduces without the moire that a bilinear scaler leaves beyond a factor of 2
        reduced = width < frame.width or height < frame.height
        how = Interpolation.AREA if reduced else Interpolation.BILINEAR
        rgb = self._scaler.reformat(frame, width=width, height=height, format="rgb24", interpolation=how, threads=1)
        turn = _turn(frame)
        # to_ndarray drops the padding at the end of rows; the copy makes the rest contiguous, as mp.Image needs
        image = turn.apply(np.asarray(rgb.to_ndarray(), dtype=np.uint8))
        stored = (frame.height, frame.width) if turn.transpose else (frame.width, frame.height)
        return Frame(image, pts_s, *stored)


def _turn(frame: VideoFrame) -> Orientation:
    try:
        # not `frame.side_data`, which ties the frame into a reference cycle: every picture, and with it the
        # codec, would live until the garbage collector runs
        data = SideDataContainer(frame).get(Type.DISPLAYMATRIX)  # type: ignore[call-arg]  # missing in the stub
    except ValueError:  # the frame carries side data of a kind that PyAV has no name for
        return orientation(rotation_matrix(frame.rotation))
    return orientation(None if data is None else bytes(data))
