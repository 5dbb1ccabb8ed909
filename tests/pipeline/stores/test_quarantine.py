"""A clip that was given up is not tried again until something about it has changed."""

from dataclasses import replace

import pytest

from pipeline.clip import Clip
from pipeline.errors import StoreError
from pipeline.stores.quarantine import FILE, Quarantine, read_quarantine
from pipeline.words import plain_transcript


@pytest.fixture
def clip(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"media")
    return Clip("a", tmp_path / "a.mp4", plain_transcript("some words"))


@pytest.fixture
def held(tmp_path, clip):
    Quarantine(tmp_path, "settings").give_up(clip, 10.0, "timeout", "clip 'a': not done after 10 s")
    return Quarantine(tmp_path, "settings")


def test_what_was_given_up_is_remembered_with_its_reason(held, clip):
    assert held.reason(clip, 10.0).error == "clip 'a': not done after 10 s"
    assert held.reason(replace(clip, clip_id="b"), 10.0) is None


def test_more_time_other_content_other_words_or_other_settings_are_worth_a_try(held, clip, tmp_path):
    assert held.reason(clip, 11.0) is None
    assert held.reason(replace(clip, transcript=None), 10.0) is None
    assert held.reason(replace(clip, end_s=1.0), 10.0) is None
    assert Quarantine(tmp_path, "others").reason(clip, 10.0) is None
    clip.path.write_bytes(b"mended")
    assert held.reason(clip, 10.0) is None


def test_more_time_does_not_help_what_crashed(tmp_path, clip):
    Quarantine(tmp_path, "s").give_up(clip, 10.0, "crash", "signal SIGSEGV")
    assert Quarantine(tmp_path, "s").reason(clip, 1000.0).stage == "crash"


def test_what_was_done_after_all_leaves_and_the_file_goes_with_the_last(held, tmp_path):
    held.release("a")
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '{"a": {"why": 1}}'])
def test_a_damaged_file_says_what_to_do(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(StoreError, match="delete it"):
        read_quarantine(tmp_path)
