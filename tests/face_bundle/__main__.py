"""Make `extractors/models/face_landmarker_attention.task` from the mediapipe 0.10.21 wheel.

    pip download --no-deps mediapipe==0.10.21 -d wheels
    python -m tests.face_bundle wheels/mediapipe-0.10.21-*.whl extractors/models/face_landmarker_attention.task

The bundle holds the wheel's face detector unchanged, its attention landmark model with the outputs merged (see
`graph_merge`), the wheel's licence and a statement of the modification. The same wheel gives the same bytes.
"""

import argparse
import hashlib
import struct
import sys
import zipfile
from pathlib import Path

from tests.face_bundle.graph_merge import merge_outputs
from tests.face_bundle.merge_rule import read_merge_rule

DETECTOR = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
LANDMARKS = "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite"
SHA256 = {
    DETECTOR: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    LANDMARKS: "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
}
CHANGES = b"""\
face_landmarks_detector.tflite is a modified copy of face_landmark_with_attention.tflite (MediaPipe 0.10.21,
Copyright The MediaPipe Authors, Apache License 2.0): its six landmark outputs are merged into one tensor of
478 x 3 values by operators appended to the graph, and its description and output metadata say so. The weights
are unchanged. face_detector.tflite is an unmodified copy of face_detection_short_range.tflite.
"""
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_PAD_ID = 0xD935  # the extra-field id that Android's zipalign pads with
_ALIGNMENT = 64
_LOCAL_HEADER = 30


def build(wheel: Path, target: Path) -> str:
    """Write the bundle and return its sha256."""
    with zipfile.ZipFile(wheel) as archive:
        parts = {name: archive.read(name) for name in (DETECTOR, LANDMARKS)}
        extension = archive.read(_only(archive, "mediapipe/python/_framework_bindings."))
        licence = archive.read("mediapipe-0.10.21.dist-info/LICENSE")
    for name, expected in SHA256.items():
        found = hashlib.sha256(parts[name]).hexdigest()
        if found != expected:
            raise ValueError(f"{wheel}: {name} has sha256 {found}, expected {expected}")
    merged = merge_outputs(parts[LANDMARKS], read_merge_rule(extension))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        _add(bundle, "face_landmarks_detector.tflite", merged)
        _add(bundle, "face_detector.tflite", parts[DETECTOR])
        _add(bundle, "CHANGES", CHANGES)
        _add(bundle, "LICENSE", licence)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _only(archive: zipfile.ZipFile, start: str) -> str:
    (name,) = [name for name in archive.namelist() if name.startswith(start)]
    return name


def _add(bundle: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Store a member uncompressed and aligned, because models are mapped in place, with a fixed date."""
    member = zipfile.ZipInfo(name, _FIXED_DATE)
    member.external_attr = 0o644 << 16
    member.create_system = 3
    assert bundle.fp is not None
    padding = -(bundle.fp.tell() + _LOCAL_HEADER + len(name) + 4) % _ALIGNMENT
    member.extra = struct.pack("<HH", _PAD_ID, padding) + bytes(padding)
    bundle.writestr(member, data)


def main() -> int:
    """Build from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.face_bundle", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    print(build(given.wheel, given.target), given.target.stat().st_size, given.target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
