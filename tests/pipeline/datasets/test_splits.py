from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dataset import ClipRecord
from pipeline.datasets.splits import SplitConfig, check_sides, divide, folds, group_of, groups_of, with_splits
from pipeline.errors import SplitError
from tests.dmd.synthetic import Recipe, make_dataset


def record(name: str, **fields: str) -> ClipRecord:
    return ClipRecord(clip_id=name, **fields)  # type: ignore[arg-type]


def test_the_group_is_the_speaker_else_the_video_else_the_file() -> None:
    clip = record("c", speaker="ann", video_id="v", content="ab")
    assert group_of(clip) == "speaker ann"
    assert group_of(clip, "video") == "video v"
    assert group_of(clip, "file") == "file ab"
    assert group_of(record("c", video_id="v")) == "video v"
    assert group_of(record("c", content="ab")) == "file ab"
    assert group_of(record("c")) == "clip c"


def test_groups_that_share_a_file_are_one() -> None:
    clips = [
        record("a", video_id="x", content="1"),
        record("b", video_id="y", content="1"),
        record("c", video_id="z"),
    ]
    groups = groups_of(clips)
    assert groups[0] == groups[1] != groups[2]


@settings(deadline=None, max_examples=30)
@given(
    st.sets(st.text(min_size=1), min_size=12, max_size=60),
    st.sets(st.text(min_size=1), max_size=20),
    st.integers(0, 9),
)
def test_clips_that_are_added_never_move_the_others(here: set[str], more: set[str], seed: int) -> None:
    config = SplitConfig(seed=seed, valid=0.3, test=0.2)
    groups = sorted(here)
    before = dict(zip(groups, divide(groups, config), strict=True))
    moved = [
        g for g, split in zip(groups, divide([*groups, *sorted(more)], config), strict=False) if before[g] != split
    ]
    filled = {"train", "valid"} <= {side for g, side in before.items() if g not in moved}
    assert not moved or not filled


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 15), min_size=2, max_size=60), st.integers(0, 99))
def test_groups_stay_whole_and_train_and_valid_are_never_empty(numbers: list[int], seed: int) -> None:
    groups = [f"g{number}" for number in numbers]
    if len(set(groups)) < 2:
        with pytest.raises(SplitError, match="one group"):
            divide(groups, SplitConfig(seed=seed))
        return
    splits = divide(groups, SplitConfig(seed=seed))
    assert {"train", "valid"} <= set(splits)
    assert len(set(zip(groups, splits, strict=True))) == len(set(groups))


def test_shares_are_met_over_many_groups() -> None:
    splits = divide([f"v{i}" for i in range(4000)], SplitConfig(valid=0.1, test=0.2))
    assert abs(splits.count("valid") / 4000 - 0.1) < 0.02
    assert abs(splits.count("test") / 4000 - 0.2) < 0.02


def test_another_seed_divides_otherwise() -> None:
    groups = [f"v{i}" for i in range(50)]
    assert divide(groups, SplitConfig(seed=1)) != divide(groups, SplitConfig(seed=2))


def test_a_video_on_two_sides_is_refused_with_its_name() -> None:
    data = make_dataset(Recipe(clips=8, videos=4))
    splits = [clip.split for clip in data.clips]
    splits[0] = "train" if splits[0] != "train" else "test"
    with pytest.raises(SplitError, match=r"video v0 stands in .*train.*put all its clips on one side"):
        with_splits(data.with_splits(splits), SplitConfig())


@pytest.mark.parametrize("video_ids", [True, False])
def test_a_file_content_on_two_sides_is_refused_whatever_its_clips_are_called(video_ids: bool) -> None:
    data = make_dataset(Recipe(clips=8, videos=8))
    clips = [
        replace(clip, video_id=clip.video_id if video_ids else None, content="ab" if at < 2 else clip.content)
        for at, clip in enumerate(data.clips)
    ]
    data = replace(data, clips=tuple(clips)).with_splits(["train", "test", *["valid"] * 6])
    with pytest.raises(SplitError, match="file ab stands in"):
        check_sides(data)


def test_a_shared_speaker_is_refused_unless_the_split_is_by_video() -> None:
    data = make_dataset(Recipe(clips=8, videos=8))
    shared = replace(data, clips=tuple(replace(clip, speaker="ann") for clip in data.clips))
    with pytest.raises(SplitError, match=r"speaker ann .* leave the speaker column out"):
        check_sides(shared)
    check_sides(shared, "video")


def test_a_published_split_is_kept_as_it_is() -> None:
    data = make_dataset(Recipe(clips=8, videos=2)).with_splits(["train", "valid"] * 2 + ["valid", "train"] * 2)
    assert with_splits(replace(data, splits_are_published=True), SplitConfig()).clips == data.clips
    with pytest.raises(SplitError):
        with_splits(data, SplitConfig())


def test_without_splits_groups_are_divided() -> None:
    data = with_splits(make_dataset(Recipe(clips=40, videos=20, splits=False)), SplitConfig())
    assert {"train", "valid"} <= set(data.split_names)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 12), min_size=5, max_size=80), st.integers(2, 5))
def test_folds_hold_whole_groups_and_none_is_empty(numbers: list[int], count: int) -> None:
    groups = [f"g{number}" for number in numbers]
    if len(set(groups)) < count:
        with pytest.raises(SplitError, match="need at least"):
            folds(groups, count)
        return
    found = folds(groups, count, seed=3)
    assert set(found) == set(range(count))
    assert len(set(zip(groups, found, strict=True))) == len(set(groups))
