"""The embedded bundle is what its script makes, and its merge is the legacy graph's."""

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from extractors.assets import known_model, model_path
from extractors.known_models import EMBEDDED_FACE
from tests.face_bundle.__main__ import DETECTOR, SHA256, build
from tests.face_bundle.merge_rule import HEAD_WIDTHS, read_merge_rule

WHEEL = os.environ.get("DMD_FACE_WHEEL")
MODELS = Path(__file__).parents[2] / "../shared/models"
GRID = Path(os.environ.get("DMD_GRID", Path(__file__).parents[2] / "../shared/clips/grid"))


def varint(value):
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def message(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def numbers(number, values):
    return b"".join(varint(number << 3) + varint(value) for value in values)


def refinement(points, kind, contour=()):
    return message(1, numbers(1, points) + message(2, message(kind, numbers(1, contour))))


def extension(heads):
    """What the wheel's extension holds: the refinement node between other bytes."""
    options = b"".join(refinement(*head) for head in heads)
    node = (
        b"\x12\x1dLandmarksRefinementCalculator" + message(3, b"LANDMARKS:0:mesh") + message(7, message(22, options))
    )
    return b"\x7fELF other bytes" + node + b"\0" * 20000


HEADS = [
    (range(468), 2),
    (range(80), 1),
    (range(100, 171), 1),
    (range(200, 271), 1),
    (range(468, 473), 3, range(16)),
    (range(473, 478), 3, range(16, 32)),
]


def test_the_rule_takes_each_coordinate_from_the_last_head_that_writes_it():
    rule = read_merge_rule(extension(HEADS))
    source = rule.source.reshape(478, 3)
    mesh, lips, left_eye = 0, HEAD_WIDTHS[0], HEAD_WIDTHS[0] + HEAD_WIDTHS[1]
    assert source[90].tolist() == [mesh + 270, mesh + 271, mesh + 272]
    assert source[0].tolist() == [lips, lips + 1, mesh + 2]  # refined in the plane, deep as the mesh
    assert source[100].tolist() == [left_eye, left_eye + 1, mesh + 302]
    assert source[468, 2] == sum(HEAD_WIDTHS)
    assert source[477, 2] == sum(HEAD_WIDTHS) + 1
    assert rule.depth_points[1].tolist() == [3 * point + 2 for point in range(16, 32)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nothing", "holds no LandmarksRefinementCalculator"),
        (extension(HEADS[:5]), "merges 5 tensors"),
        (extension([(range(400), 2), *HEADS[1:]]), "without a source"),
    ],
)
def test_another_extension_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_merge_rule(content)


def test_the_embedded_bundle_states_its_changes_and_licence_and_keeps_the_detector():
    with zipfile.ZipFile(model_path(EMBEDDED_FACE)) as bundle:
        names = bundle.namelist()
        assert "modified copy" in bundle.read("CHANGES").decode()
        assert "Apache License" in bundle.read("LICENSE").decode()
        assert hashlib.sha256(bundle.read("face_detector.tflite")).hexdigest() == SHA256[DETECTOR]
        for member in bundle.infolist():
            assert member.compress_type == zipfile.ZIP_STORED  # the models are mapped in place
    assert names[0] == "face_landmarks_detector.tflite"


@pytest.mark.skipif(WHEEL is None, reason="set DMD_FACE_WHEEL to the mediapipe 0.10.21 wheel")
def test_the_script_makes_the_embedded_bundle_byte_for_byte(tmp_path):
    target = tmp_path / "made.task"
    assert build(Path(str(WHEEL)), target) == known_model(EMBEDDED_FACE).sha256


def test_a_wheel_with_another_model_is_refused(tmp_path):
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in (*SHA256, "mediapipe/python/_framework_bindings.x.so", "mediapipe-0.10.21.dist-info/LICENSE"):
            archive.writestr(name, b"other")
    with pytest.raises(ValueError, match="has sha256"):
        build(wheel, tmp_path / "made.task")


def test_landmarks_equal_those_of_an_independently_merged_bundle():
    other = MODELS / "face_landmarker_attention.task"
    clip = GRID / "bbaf2n.mpg"
    if not (other.exists() and clip.exists()):
        pytest.skip(f"{other} or {clip} is not there")
    import av

    from extractors.faces.landmarks import Landmarker

    given = {"mode": "image", "max_faces": 1, "min_confidence": 0.5, "blendshapes": False}
    ours, theirs = (Landmarker(path.read_bytes(), **given) for path in (model_path(EMBEDDED_FACE), other))
    with av.open(str(clip)) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][::15]
    for image in images:
        np.testing.assert_array_equal(ours.detect(image)[0].points_px, theirs.detect(image)[0].points_px)
    ours.close()
    theirs.close()
