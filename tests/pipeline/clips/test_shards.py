"""Shards cover a source, each clip once, and a clip stays in its shard whatever joins it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clip import Clip
from pipeline.clips.listing import Listing, SourceProblem
from pipeline.clips.shards import Shard, parse_shard
from pipeline.errors import UsageError


@settings(deadline=None, max_examples=30)
@given(st.sets(st.text(max_size=8), max_size=30), st.integers(1, 7))
def test_every_clip_and_every_problem_is_in_exactly_one_shard(ids, count):
    names = sorted(ids)
    listing = Listing(
        tuple(Clip(name, Path("x.mp4")) for name in names[::2]),
        tuple(SourceProblem(name, None, "bad") for name in names[1::2]),
    )
    parts = [Shard(index, count).of(listing) for index in range(1, count + 1)]
    found = [one.clip_id for part in parts for one in (*part.clips, *part.problems)]
    assert sorted(found) == names


def test_shards_are_of_about_one_size():
    sizes = [sum(Shard(index, 4).holds(f"clip{n}") for n in range(4000)) for index in (1, 2, 3, 4)]
    assert min(sizes) > 900


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/0", "a/b", "-1/2", "1/2/3", " 1/2", "1/٢"])
def test_what_is_no_shard_is_refused_with_the_form(text):
    with pytest.raises(UsageError, match="i/n"):
        parse_shard(text)


def test_a_shard_is_read():
    assert parse_shard("3/16") == Shard(3, 16)
