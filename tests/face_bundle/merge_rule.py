"""Which of the legacy attention model's numbers becomes which coordinate of the 478 landmarks.

The legacy graph merges six output tensors (mesh, lips, two eyes, two irises) with a
`LandmarksRefinementCalculator`. Its options are compiled into the wheel's extension module as a serialised
protocol buffer, and are read from there, so that no list of indices is typed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEAD_WIDTHS = (1404, 160, 142, 142, 10, 10)
"""Values of each head: 468 mesh points in 3-D, then 80 + 71 + 71 + 5 + 5 points in 2-D."""
LANDMARKS = 478
IRIS_CONTOUR = 16
"""Mesh points around an eye whose mean depth stands for the depth of its iris."""

_NODE_NAME = b"\x12\x1dLandmarksRefinementCalculator"
_VARINT, _BYTES = 0, 2
# Field numbers in calculator.proto and landmarks_refinement_calculator.proto.
_NODE_OPTIONS, _NODE_ANY_OPTIONS, _ANY_VALUE = 7, 8, 2
_REFINEMENT, _INDEX, _DEPTH = 1, 1, 2
_DEPTH_COPIED, _DEPTH_MEAN = 2, 3


@dataclass(frozen=True, slots=True)
class MergeRule:
    """The merge, as two gathers and a mean."""

    source: NDArray[np.int32]
    """[shape=(1434,)] for every coordinate its place in the six heads laid end to end, then two mean depths."""
    depth_points: NDArray[np.int32]
    """[shape=(2, 16)] places in the mesh head whose mean is the depth of the left and of the right iris."""


def read_merge_rule(extension: bytes) -> MergeRule:
    """Return the rule that the graph configuration inside ``extension`` (the wheel's .so) states.

    Raises
    ------
    ValueError
        No such node, or one of another layout: not the wheel that this script was written for.
    """
    refinements = _refinements(extension)
    if len(refinements) != len(HEAD_WIDTHS):
        raise ValueError(f"the refinement node merges {len(refinements)} tensors, expected {len(HEAD_WIDTHS)}")
    offsets = np.concatenate([[0], np.cumsum(HEAD_WIDTHS)])
    source = np.full((LANDMARKS, 3), -1, np.int64)
    depth_points: list[list[int]] = []
    for head, (points, depth, contour) in enumerate(refinements):
        width = HEAD_WIDTHS[head] // len(points)
        first = offsets[head] + width * np.arange(len(points))
        source[points, 0], source[points, 1] = first, first + 1
        if depth == _DEPTH_COPIED:
            source[points, 2] = first + 2
        elif depth == _DEPTH_MEAN:
            source[points, 2] = offsets[-1] + len(depth_points)
            depth_points.append([3 * point + 2 for point in contour])
    if source.min() < 0 or [len(row) for row in depth_points] != [IRIS_CONTOUR] * 2:
        raise ValueError("the refinement node leaves a landmark without a source, or has no two irises")
    return MergeRule(source.ravel().astype(np.int32), np.array(depth_points, np.int32))


def _refinements(extension: bytes) -> list[tuple[list[int], int, list[int]]]:
    """Return per head: the landmarks it writes, how it sets their depth, the points that depth averages."""
    start = extension.find(_NODE_NAME)
    if start < 0:
        raise ValueError("the extension module holds no LandmarksRefinementCalculator node")
    options = next(_node_options(extension[start : start + 16384]))
    found = []
    for number, body in _fields(options):
        if number != _REFINEMENT or isinstance(body, int):
            continue
        fields = list(_fields(body))
        points = [value for key, value in fields if key == _INDEX and isinstance(value, int)]
        depth = next(value for key, value in fields if key == _DEPTH and isinstance(value, bytes))
        ((kind, contour),) = _fields(depth)
        assert isinstance(contour, bytes)
        found.append((points, kind, [value for _, value in _fields(contour) if isinstance(value, int)]))
    return found


def _node_options(node: bytes) -> Iterator[bytes]:
    """Yield the options message of the node whose fields start here: in an extension or in an Any."""
    for number, body in _fields(node):
        if number in (_NODE_OPTIONS, _NODE_ANY_OPTIONS) and isinstance(body, bytes):
            yield from (
                inner
                for key, inner in _fields(body)
                if isinstance(inner, bytes) and (number == _NODE_OPTIONS or key == _ANY_VALUE)
            )


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) of a message made of varints and length-delimited fields."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == _BYTES:
            yield tag >> 3, message[at : at + value]
            at += value
        elif tag & 7 == _VARINT:
            yield tag >> 3, value
        else:
            raise ValueError(f"wire type {tag & 7} where only integers and messages were expected")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the base-128 number at ``at`` and the place after it."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
