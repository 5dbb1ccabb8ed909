"""Head pose: angles come back, and the head frame is free of position, scale and rotation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.faces.pose import head_pose, in_head_frame
from tests.extractors.faces.synthetic_face import neutral_face, pictured

ANGLES = st.floats(-50, 50)


def test_a_face_into_the_camera_has_no_yaw_and_no_roll_and_little_pitch():
    pose = head_pose(pictured(neutral_face())[None])
    assert pose.yaw_deg[0] == pytest.approx(0, abs=1e-9)
    assert pose.roll_deg[0] == pytest.approx(0, abs=1e-9)
    assert abs(pose.pitch_deg[0]) < 20  # the drawn face's forehead is its own


@pytest.mark.parametrize(
    ("turn", "angle"), [("yaw_deg", 30.0), ("yaw_deg", -30.0), ("roll_deg", 20.0), ("pitch_deg", 15.0)]
)
def test_a_turn_of_the_head_is_read_with_its_sign_and_size(turn, angle):
    at_rest = head_pose(pictured(neutral_face())[None])
    turned = head_pose(pictured(neutral_face(), **{turn: angle})[None])
    assert getattr(turned, turn)[0] - getattr(at_rest, turn)[0] == pytest.approx(angle, abs=1e-6)


def test_yaw_is_positive_when_the_nose_points_to_the_right_of_the_picture():
    points = pictured(neutral_face(), yaw_deg=25)
    nose_x, ears_x = points[6, 0], points[[234, 454], 0].mean()
    assert nose_x > ears_x
    assert head_pose(points[None]).yaw_deg[0] > 0


def test_pitch_is_positive_when_the_face_is_raised():
    at_rest, raised = pictured(neutral_face()), pictured(neutral_face(), pitch_deg=25)
    nose_rise = (at_rest[2, 1] - at_rest[234, 1]) - (raised[2, 1] - raised[234, 1])
    assert nose_rise > 0  # y runs down: the nose went up against the ears
    assert head_pose(raised[None]).pitch_deg[0] > head_pose(at_rest[None]).pitch_deg[0]


def test_roll_is_positive_when_the_subjects_left_eye_is_the_higher_one():
    points = pictured(neutral_face(), roll_deg=20)
    assert points[263, 1] < points[33, 1]
    assert head_pose(points[None]).roll_deg[0] > 0


@settings(deadline=None, max_examples=40)
@given(ANGLES, ANGLES, ANGLES, st.floats(0.2, 5), st.tuples(st.floats(-500, 2000), st.floats(-500, 2000)))
def test_the_head_frame_does_not_know_where_and_how_the_head_is(yaw, pitch, roll, scale, centre):
    face = neutral_face()
    there = pictured(face, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll, scale=scale, centre_px=centre)[None]
    here = pictured(face)[None]
    np.testing.assert_allclose(
        in_head_frame(there, head_pose(there)), in_head_frame(here, head_pose(here)), atol=1e-9
    )


def test_a_head_is_measured_the_same_alone_and_among_others():
    faces = np.stack([pictured(neutral_face(), yaw_deg=angle) for angle in (-20, 0, 35)])
    together = in_head_frame(faces, head_pose(faces))
    alone = in_head_frame(faces[1:2], head_pose(faces[1:2]))
    assert together[1].tobytes() == alone[0].tobytes()
