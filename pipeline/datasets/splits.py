"""Splits: whole groups of clips on one side each, the same whoever runs it and whatever is added later."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.dataset import ClipRecord, Dataset
from pipeline.errors import SplitError

GroupBy = Literal["auto", "speaker", "video", "file"]
SPLITS = ("train", "valid", "test")


class SplitConfig(BaseModel):
    """How clips are divided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: GroupBy = "auto"
    """What stays together: `auto` is the speaker where one is given, else the video, else the file."""
    valid: float = Field(0.15, gt=0, lt=1)
    """Share of groups in `valid`, where no split is given."""
    test: float = Field(0.15, ge=0, lt=1)
    """Share of groups in `test`, where no split is given."""
    seed: int = 0
    """Another seed, another division."""


def group_of(clip: ClipRecord, by: GroupBy = "auto") -> str:
    """Return the group a clip belongs to, with its kind in front (`speaker s1`, `video v03`, `file 3fa0…`)."""
    if clip.speaker and by in ("auto", "speaker"):
        return f"speaker {clip.speaker}"
    if clip.video_id and by in ("auto", "speaker", "video"):
        return f"video {clip.video_id}"
    if clip.content:
        return f"file {clip.content}"
    return f"clip {clip.clip_id}"


def groups_of(clips: Sequence[ClipRecord], by: GroupBy = "auto") -> tuple[str, ...]:
    """Return the group of every clip; clips cut from the same file are always in one group.

    Two groups that share a file's content are one group, named after the first.
    """
    names = [group_of(clip, by) for clip in clips]
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    first_with: dict[str, str] = {}
    for clip, name in zip(clips, names, strict=True):
        if clip.content:
            other = first_with.setdefault(clip.content, name)
            low, high = sorted((root(other), root(name)))
            parent[high] = low
    return tuple(root(name) for name in names)


def with_splits(dataset: Dataset, config: SplitConfig) -> Dataset:
    """Return the dataset with its given splits checked, or with new ones if it has none.

    Raises
    ------
    SplitError
        A group or a file content stands on two sides of the given splits. (A published feature file keeps its
        published split, whatever stands on two sides; `shared_groups` tells what.)
    """
    if not dataset.split_names:
        return dataset.with_splits(divide(groups_of(dataset.clips, config.by), config))
    if not dataset.splits_are_published:
        check_sides(dataset, config.by)
    return dataset


def divide(groups: Sequence[str], config: SplitConfig) -> tuple[str, ...]:
    """Return a split for every clip, a function of the seed and of its group's name alone.

    A group is put where the hash of its name falls in [0, 1), so that clips that are added later never move
    those that are there. Only where `train` or `valid` would stay empty (few groups) the group whose
    hash lies nearest moves over.

    Raises
    ------
    SplitError
        There is only one group: nothing is left to validate on.
    """
    places = {group: _place(group, config.seed) for group in groups}
    if len(places) < 2:
        only = next(iter(places), "no clip")
        raise SplitError(
            f"all clips belong to one group ({only}), so they cannot be split; give a `split`, or a finer `video_id` "
            "or `speaker`, in the manifest"
        )
    side = {group: _side(place, config) for group, place in places.items()}
    for wanted, bound in (("valid", config.test + config.valid / 2), ("train", 1.0)):
        if wanted not in side.values():
            others = [group for group in places if side[group] == "test" or _count(side, side[group]) > 1]
            nearest = min(others or list(places), key=lambda group: (abs(places[group] - bound), group))
            side[nearest] = wanted
    return tuple(side[group] for group in groups)


def folds(groups: Sequence[str], count: int, seed: int = 0) -> tuple[int, ...]:
    """Return a fold number for every clip: whole groups, folds of nearly equal numbers of clips.

    Groups are taken in the order of their clip counts (larger first; equal ones by hash) and each goes to the fold
    with the fewest clips so far.

    Raises
    ------
    SplitError
        There are fewer groups than folds.
    """
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    if len(sizes) < count:
        raise SplitError(f"{count} folds need at least {count} groups of clips; there are {len(sizes)}")
    filled = [0] * count
    fold: dict[str, int] = {}
    for group in sorted(sizes, key=lambda name: (-sizes[name], _place(name, seed))):
        fold[group] = min(range(count), key=lambda number: (filled[number], number))
        filled[fold[group]] += sizes[group]
    return tuple(fold[group] for group in groups)


def check_sides(dataset: Dataset, by: GroupBy = "auto") -> None:
    """Refuse a split that divides a group or a file.

    Raises
    ------
    SplitError
        Names the first group that stands on two sides, with a clip of each side.
    """
    shared = shared_groups(dataset.clips, by)
    if not shared:
        return
    group, sides = next(iter(shared.items()))
    where = " and ".join(f"{split} ({clip})" for split, clip in sides.items())
    more = f"; so do {len(shared) - 1} other groups" if len(shared) > 1 else ""
    mend = (
        "put all its clips on one side"
        if group.startswith(("video", "file"))
        else "put all its clips on one side, or leave the speaker column out if the split is meant to share speakers"
    )
    raise SplitError(f"{dataset.name}: {group} stands in {where}{more}; {mend}")


def shared_groups(clips: Sequence[ClipRecord], by: GroupBy = "auto") -> Mapping[str, Mapping[str, str]]:
    """Return the groups and file contents on more than one side: name -> split -> a clip of it there."""
    sides: dict[str, dict[str, str]] = {}
    for clip in clips:
        if clip.split:
            names = {group_of(clip, by), f"file {clip.content}"} if clip.content else {group_of(clip, by)}
            for name in sorted(names, key=lambda name: name.startswith("file ")):
                sides.setdefault(name, {}).setdefault(clip.split, clip.clip_id)
    return {name: found for name, found in sides.items() if len(found) > 1}


def _place(group: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}:{group}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _side(place: float, config: SplitConfig) -> str:
    if place < config.test:
        return "test"
    return "valid" if place < config.test + config.valid else "train"


def _count(side: Mapping[str, str], name: str) -> int:
    return sum(1 for found in side.values() if found == name)
