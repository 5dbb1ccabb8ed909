from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.media.picture import Orientation, PictureMaker, orientation, rotation_matrix, shown_size
from tests.pipeline.media_making import corner_picture


def test_without_a_matrix_a_picture_stays_as_it_is():
    assert orientation(None) == Orientation()
    assert orientation(b"short") == Orientation()


@pytest.mark.parametrize(
    ("degrees", "white_corner"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1)), (91, (1, 0))]
)
def test_a_turn_counter_clockwise_moves_the_top_left_corner(degrees, white_corner):
    image = orientation(rotation_matrix(degrees)).apply(corner_picture(8, 6))
    corners = {(0, 0): image[0, 0], (0, 1): image[0, -1], (1, 0): image[-1, 0], (1, 1): image[-1, -1]}
    assert [corner for corner, value in corners.items() if value.any()] == [white_corner]
    assert image.flags.c_contiguous


def test_mirrored_matrices_are_mirrored():
    flipped = np.array([-65536, 0, 0, 0, 65536, 0, 0, 0, 2**30], np.int32).tobytes()
    image = orientation(flipped).apply(corner_picture(8, 6))
    assert image[0, -1].all()
    assert not image[0, 0].any()


@pytest.mark.parametrize(
    ("stored", "aspect", "shown"),
    [
        ((1920, 1080), None, (640, 360)),
        ((360, 288), Fraction(1), (360, 288)),
        ((720, 576), Fraction(16, 15), (640, 480)),
        ((640, 480), Fraction(16, 9), (640, 270)),
        ((1, 1), Fraction(0), (1, 1)),
        ((100, 100), Fraction(1000), (100, 100)),
        ((8192, 2), None, (640, 1)),
    ],
)
def test_pixels_become_square_and_the_longest_side_is_bounded(stored, aspect, shown):
    assert shown_size(*stored, aspect, 640) == shown


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 90), st.integers(2, 90), st.sampled_from(["yuv420p", "gray", "rgb24", "yuv444p10le", "rgba"]))
def test_rows_are_contiguous_for_every_width_and_pixel_format(width, height, pixel_format):
    source = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(source, format="rgb24").reformat(format=pixel_format)
    made = PictureMaker(640).picture(frame, 1.5, None)
    assert made.image.shape == (height, width, 3)
    assert made.image.flags.c_contiguous
    assert made.image.dtype == np.uint8
    assert (made.width, made.height, made.pts_s) == (width, height, 1.5)


def test_an_array_with_padded_rows_is_read_right():
    # a row of 358 pixels does not fill the alignment that FFmpeg gives rows
    columns = np.arange(358, dtype=np.uint8) // 2
    source = np.broadcast_to(columns[None, :, None], (20, 358, 3)).copy()
    made = PictureMaker(640).picture(av.VideoFrame.from_ndarray(source, format="rgb24"), 0.0, None)
    assert np.array_equal(made.image, source)


def test_reducing_averages_instead_of_picking_pixels():
    fine = np.zeros((512, 512, 3), np.uint8)
    fine[::2] = 255
    made = PictureMaker(64).picture(av.VideoFrame.from_ndarray(fine, format="rgb24"), 0.0, None)
    assert made.image.shape == (64, 64, 3)
    assert np.all(np.abs(made.image.astype(int) - 127) < 12)
