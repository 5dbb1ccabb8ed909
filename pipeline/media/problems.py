"""Media problems: what was wrong with a file, in one line each."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.media.decoding import Decoder
from pipeline.media.presentation import Repairs
from pipeline.media.sound import Tally

SHORT_S = 1.0
SHORT_SHARE = 0.05
"""A file that gives this much less than it declares (both limits) is called truncated."""


def decoding_problems(decoders: Sequence[Decoder], read_errors: int) -> Iterator[str]:
    """Yield what could not be read or decoded."""
    if read_errors:
        yield f"the file is damaged in {read_errors} places; what lies between them was read"
    for decoder in decoders:
        kind = decoder.kind
        if decoder.encrypted:
            yield f"{kind} is encrypted"
        if decoder.failures:
            place = "" if decoder.first_failure_s is None else f", the first at {decoder.first_failure_s:.2f} s"
            yield f"{kind}: {decoder.failures} packets could not be decoded ({decoder.last_error}){place}"


def clock_problems(clocks: Mapping[str, Repairs]) -> Iterator[str]:
    """Yield what had to be repaired in the timestamps of each stream."""
    for kind, repairs in clocks.items():
        if repairs.timestamps:
            yield (
                f"{kind}: {repairs.timestamps} timestamps repaired ({repairs.missing} missing, "
                f"{repairs.backward} backward, {repairs.jumps} too far ahead)"
            )
        if repairs.holes:
            yield f"{kind}: {repairs.holes} holes, {repairs.hole_s:.2f} s in all, filled with silence"
        if repairs.overlaps:
            yield f"{kind}: {repairs.overlaps} overlaps cut"


def sound_problems(tally: Tally) -> Iterator[str]:
    """Yield what is wrong with the samples."""
    if tally.damaged:
        yield f"audio: {tally.damaged} samples were not finite or absurdly loud and were set to 0"
    if tally.cancels:
        yield "audio: the channels cancel each other in the mono mix (one of them is inverted)"


def truncation_problem(declared_s: float | None, read_s: float) -> Iterator[str]:
    """Yield a line if much less could be read than the container declares."""
    if declared_s is not None and declared_s - read_s > max(SHORT_S, SHORT_SHARE * declared_s):
        yield f"the file declares {declared_s:.2f} s but only {max(0.0, read_s):.2f} s could be read (truncated?)"


def unknown_size_problem(max_pixels: int) -> str:
    """Return the line for a video of which not even the size could be read."""
    return f"video: its size is not known; it is damaged, or has more than {max_pixels} pixels (max_pixels)"


def why_nothing(path: Path, problems: Sequence[str], decoders: Sequence[Decoder], segment: bool) -> str:
    """Return the line for a file of which neither a frame nor a sample could be had."""
    name = repr(os.fspath(path))
    found = "; ".join(problems)
    if any(decoder.encrypted for decoder in decoders):
        return f"{name}: is encrypted (DRM); give a copy without protection"
    if not decoders:
        return (
            f"{name}: holds no video or audio stream that can be decoded{f' ({found})' if found else ''}; convert it"
        )
    if segment and not any(decoder.failures for decoder in decoders):
        return f"{name}: has nothing in the segment asked for; correct its start_s and end_s"
    reason = f" ({found})" if found else " (its streams are empty)"
    return f"{name}: not one frame or sample could be decoded{reason}; copy or export it again"
