"""Word times as Praat TextGrids, in the long text form that the Montreal Forced Aligner writes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.aligned import AlignedClip
from pipeline.errors import UsageError
from pipeline.files import write_whole

Interval = tuple[float, float, str]


def write_textgrid(clip: AlignedClip, path: Path) -> None:
    """Write the words and the segments of a clip as two interval tiers.

    Raises
    ------
    UsageError
        The clip has no duration: a text without media has no place in time.
    StoreError
        The file cannot be written.
    """
    if clip.duration_s <= 0:
        raise UsageError(f"clip {clip.clip_id!r}: has no media, so its words have no times; a TextGrid needs them")
    write_whole(path, textgrid(clip).encode("utf-8", "backslashreplace"))


def textgrid(clip: AlignedClip) -> str:
    """Return a clip as a TextGrid: tiers `words` and `segments`, gaps as empty intervals."""
    words = _tiled(((word.start_s, word.end_s, word.text) for word in clip.words), clip.duration_s)
    spoken = [
        (part.start_s, part.end_s, " ".join(w.text for w in clip.words[part.first_word : part.end_word] if w.text))
        for part in clip.segments
    ]
    tiers = [("words", words), ("segments", _tiled(spoken, clip.duration_s))]
    end_s = _number(max(clip.duration_s, *(tier[-1][1] for _, tier in tiers)))
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end_s}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end_s}", f"        intervals: size = {len(intervals)}"]
        for at, (first_s, last_s, label) in enumerate(intervals, start=1):
            last = end_s if at == len(intervals) else _number(last_s)
            quoted = label.replace('"', '""')
            lines += [f"        intervals [{at}]:", f"            xmin = {_number(first_s)}"]
            lines += [f"            xmax = {last}", f'            text = "{quoted}"']
    return "\n".join(lines) + "\n"


def _tiled(intervals: Iterable[Interval], duration_s: float) -> Sequence[Interval]:
    """Return intervals that follow each other without gap or overlap, as Praat demands; a later one gives way."""
    tiles: list[Interval] = []
    at = 0.0
    for start_s, end_s, label in intervals:
        first = max(at, start_s)
        if end_s <= first:
            continue
        if first > at:
            tiles.append((at, first, ""))
        tiles.append((first, end_s, label))
        at = end_s
    if at < duration_s or not tiles:
        tiles.append((at, max(duration_s, at), ""))
    return tiles


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
