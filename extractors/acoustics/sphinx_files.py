"""The files of a Sphinx acoustic model, read into arrays.

Sphinx-3 files (Gaussians, transitions) begin with a text header and a byte-order mark, then counts, then floats;
`sendump` holds mixture weights as 8 bit logarithms; `mdef` (binary, "BMDF") says which states a phone has in
which context.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Int = NDArray[np.int64]

STREAMS, WIDTH, DENSITIES, STATES = 3, 13, 128, 3
"""Feature streams, coefficients in each, Gaussians a phone and stream, states a phone."""

_HEADER_END = b"endhdr\n"
_BYTE_ORDER = 0x11223344
_LOG_STEP = 1024 * np.log(1.0001)
"""One step of an 8 bit mixture weight, in nats."""


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """Which states make up which phone; P phones, C phones in context, N sequences of states."""

    phones: tuple[str, ...]
    sequences: Int
    """[shape=(N, 3)] senones."""
    plain: Int
    """[shape=(P,)] the sequence of each phone without context."""
    places: Int
    """[shape=(C,)] place of a phone in its word: 0 inside, 1 first, 2 last, 3 only."""
    contexts: Int
    """[shape=(C, 3)] the phone, the one before, the one after."""
    in_context: Int
    """[shape=(C,)] the sequence of each phone in context."""


def read_definition(path: Path) -> Definition:
    """Read `mdef`.

    Raises
    ------
    ValueError, struct.error
        If it is not a binary definition of phones with three states.
    """
    data = path.read_bytes()
    at = 12 + struct.unpack_from("<i", data, 8)[0]  # byte order, version, length of a description, the description
    phone_count, unit_count, states, *_, tree_size, _ = struct.unpack_from("<10i", data, at)
    if data[:4] != b"BMDF" or states != STATES:
        raise ValueError(f"{path.name} is not a binary definition of phones with {STATES} states")
    begin = at = at + 40
    phones = []
    for _ in range(phone_count):
        end = data.index(b"\0", at)
        phones.append(data[at:end].decode("ascii"))
        at = end + 1
    at = begin + (at - begin + 3) // 4 * 4 + 8 * tree_size  # names are padded to 4 bytes; the tree repeats the units
    unit = np.dtype([("sequence", "<i4"), ("transitions", "<i4"), ("place", "u1"), ("context", "u1", 3)])
    units = np.frombuffer(data, unit, unit_count, at)
    at += unit.itemsize * unit_count
    size = struct.unpack_from("<i", data, at)[0]
    sequences = np.frombuffer(data, "<u2", size, at + 4).reshape(-1, STATES).astype(np.int64)
    numbers, contextual = units["sequence"].astype(np.int64), units[phone_count:]
    return Definition(
        tuple(phones),
        sequences,
        numbers[:phone_count],
        contextual["place"].astype(np.int64),
        contextual["context"].astype(np.int64),
        numbers[phone_count:],
    )


def read_gaussians(path: Path) -> Float:
    """Read `means` or `variances`: [P, 3, 128, 13]."""
    data, at = _after_header(path)
    phones, streams, densities, *widths = struct.unpack_from("<6i", data, at)
    if (streams, densities, tuple(widths)) != (STREAMS, DENSITIES, (WIDTH,) * STREAMS):
        raise ValueError(f"{path.name} holds {streams} streams of {densities} Gaussians, widths {widths}")
    shape = (phones, streams, densities, WIDTH)
    return np.frombuffer(data, "<f4", int(np.prod(shape)), at + 28).reshape(shape).astype(np.float32)


def read_transitions(path: Path) -> NDArray[np.float64]:
    """Read `transition_matrices`: [P, 3, 4] probabilities (the file holds counts)."""
    data, at = _after_header(path)
    phones, states, targets, size = struct.unpack_from("<4i", data, at)
    counts = np.frombuffer(data, "<f4", size, at + 16).reshape(phones, states, targets).astype(np.float64)
    return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def read_weights(path: Path, senones: int) -> Float:
    """Read `sendump`: [3, 128, S] mixture weights."""
    data, at = path.read_bytes(), 0
    while length := struct.unpack_from("<i", data, at)[0]:  # strings that describe the format, ended by length 0
        at += 4 + length
    rows, columns = struct.unpack_from("<2i", data, at + 4)
    if rows != DENSITIES or columns < senones:
        raise ValueError(f"{path.name} holds weights of {rows} Gaussians and {columns} senones")
    steps = np.frombuffer(data, np.uint8, STREAMS * rows * columns, at + 12).reshape(STREAMS, rows, columns)
    return np.asarray(np.exp(-_LOG_STEP * steps[:, :, :senones].astype(np.float32)), np.float32)


def _after_header(path: Path) -> tuple[bytes, int]:
    """File content and where its counts begin."""
    data = path.read_bytes()
    at = data.index(_HEADER_END) + len(_HEADER_END)
    if struct.unpack_from("<I", data, at)[0] != _BYTE_ORDER:
        raise ValueError(f"{path.name} has another byte order")
    return data, at + 4
