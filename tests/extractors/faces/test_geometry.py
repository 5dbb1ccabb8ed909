"""Face measures: each moves when its feature does, with the sign its meaning states, and stays otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.faces.columns import BLENDSHAPES, MEASURES, VELOCITIES, all_columns
from extractors.faces.geometry import Faces, evaluate
from extractors.faces.pose import head_pose, in_head_frame
from tests.extractors.faces import synthetic_face as draw

NAMES = [item.column.name for item in MEASURES]


def read(points, **placed):
    """Measure a face as the landmark model would give it."""
    pictured = draw.pictured(points, **placed)[None]
    row = evaluate(MEASURES, Faces(in_head_frame(pictured, head_pose(pictured))))[0]
    return dict(zip(NAMES, row, strict=True))


def change(points, **placed):
    """What the face reads more than the face at rest."""
    rest = read(draw.neutral_face())
    return {name: value - rest[name] for name, value in read(points, **placed).items()}


FACE = draw.neutral_face()
CASES = [
    ("jaw_open", draw.moved(FACE, (*draw.CHIN, *draw.LOWER_LIP), y=-12), 1),
    ("mouth_gap", draw.moved(FACE, draw.LOWER_LIP, y=-10), 1),
    ("mouth_height", draw.moved(FACE, draw.LOWER_LIP, y=-10), 1),
    ("mouth_roundness", draw.moved(FACE, draw.LOWER_LIP, y=-10), 1),
    ("jaw_aside", draw.moved(FACE, draw.CHIN, x=6), 1),
    ("mouth_width", draw.moved(draw.moved(FACE, (291,), x=6), (61,), x=-6), 1),
    ("smile_left", draw.moved(FACE, (291,), x=5, y=5), 1),
    ("smile_right", draw.moved(FACE, (61,), x=-5, y=5), 1),
    ("smile_asymmetry", draw.moved(FACE, (291,), x=5, y=5), 1),
    ("lip_corner_height_left", draw.moved(FACE, (291,), y=-5), -1),
    ("mouth_curve", draw.moved(FACE, (291, 61), y=-5), -1),
    ("upper_lip_raise", draw.moved(FACE, draw.UPPER_LIP, y=4), 1),
    ("upper_lip_thickness", draw.moved(FACE, (0, 37, 267), y=-3), -1),
    ("lower_lip_thickness", draw.moved(FACE, (17, 84, 314), y=4), -1),
    ("lip_pucker", draw.moved(draw.moved(FACE, (291,), x=-8), (61,), x=8), 1),
    ("chin_raise", draw.moved(FACE, (152,), y=5), 1),
    ("brow_inner_raise_left", draw.moved(FACE, draw.INNER_BROWS, y=5), 1),
    ("brow_outer_raise_right", draw.moved(FACE, draw.OUTER_BROWS, y=5), 1),
    ("brow_gap", draw.moved(draw.moved(FACE, (107, 55), x=4), (336, 285), x=-4), -1),
    ("eye_openness_left", draw.moved(FACE, draw.UPPER_LIDS, y=-8), -1),
    ("eye_openness_right", draw.moved(FACE, draw.UPPER_LIDS, y=-8), -1),
    ("lower_lid_raise_right", draw.moved(FACE, (144, 145, 153), y=3), 1),
    ("gaze_aside", draw.moved(FACE, (draw.LEFT_IRIS, draw.RIGHT_IRIS), x=4), 1),
    ("gaze_up", draw.moved(FACE, (draw.LEFT_IRIS, draw.RIGHT_IRIS), y=2), 1),
    ("cheek_raise_left", draw.moved(FACE, (280,), y=4), 1),
    ("nose_wing_raise_right", draw.moved(FACE, (draw.RIGHT_NOSE_WING,), y=4), 1),
    ("nostril_width", draw.moved(draw.moved(FACE, (358,), x=3), (129,), x=-3), 1),
    ("mouth_aside", draw.moved(FACE, (*draw.UPPER_LIP, *draw.LOWER_LIP), x=4), 1),
]


@pytest.mark.parametrize(("name", "face", "sign"), CASES, ids=[case[0] for case in CASES])
def test_a_column_follows_its_feature_with_the_sign_it_states(name, face, sign):
    assert change(face)[name] * sign > 0.02


@pytest.mark.parametrize(("name", "face", "sign"), CASES, ids=[case[0] for case in CASES])
def test_a_column_reads_the_same_expression_on_a_turned_far_head(name, face, sign):
    turned = read(face, yaw_deg=35, pitch_deg=-15, roll_deg=20, scale=0.3, centre_px=(700, 90))
    assert turned[name] == pytest.approx(read(face)[name], abs=1e-9)


def test_an_open_jaw_leaves_eyes_and_brows_alone():
    opened = change(draw.moved(FACE, (*draw.CHIN, *draw.LOWER_LIP), y=-12))
    upper = [name for name in NAMES if name.startswith(("brow", "eye", "gaze", "lower_lid"))]
    assert len(upper) > 10
    assert all(abs(opened[name]) < 1e-9 for name in upper)


def test_gaze_up_does_not_read_as_gaze_aside():
    looked_up = change(draw.moved(FACE, (draw.LEFT_IRIS, draw.RIGHT_IRIS), y=3))
    assert abs(looked_up["gaze_aside"]) < 0.1 * looked_up["gaze_up"]


def test_a_mirrored_face_changes_sides():
    face = draw.moved(draw.moved(FACE, (291,), x=5, y=5), (144, 145, 153), y=3)
    seen, mirror = read(face), read(draw.mirrored(face))
    for name in NAMES:
        if name.endswith("_left"):
            assert mirror[name] == pytest.approx(seen[name.removesuffix("left") + "right"], abs=1e-9)
        elif name.endswith(("_asymmetry", "_aside")):
            assert mirror[name] == pytest.approx(-seen[name], abs=1e-9)
        elif not name.endswith("_right"):
            assert mirror[name] == pytest.approx(seen[name], abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_measures_are_finite_even_on_nonsense(seed):
    points = np.random.default_rng(seed).normal(0, 1, (3, 478, 3)) * 10
    points[1] = 0.0  # all points in one place
    assert np.isfinite(evaluate(MEASURES, Faces(in_head_frame(points, head_pose(points))))).all()


def test_every_column_is_named_once_and_says_what_it_means():
    columns = all_columns(blendshapes=True)
    assert len({column.name for column in columns}) == len(columns)
    assert len(BLENDSHAPES) == 51
    for column in columns:
        assert column.name == column.name.lower()
        assert column.unit
        assert len(column.meaning) > 15
        assert column.source


def test_velocities_name_columns_that_exist():
    names = {column.name for column in all_columns(blendshapes=False)}
    assert {name for item in VELOCITIES for name in item.of} <= names
