"""A recording that is too long to be held gives the bytes of one that is held."""

from functools import partial

import pytest

from extractors.extraction import Extractor
from pipeline.room import Room
from pipeline.stores.clipfile import pack


@pytest.mark.parametrize("clip_id", ["anna$_$1", "duo$_$1", "silent$_$1"])
def test_sound_that_is_decoded_again_and_rows_in_files_give_the_same_bytes(
    extracted, sample_clips, tmp_path, monkeypatch, clip_id
):
    monkeypatch.setattr("pipeline.media.sound.HELD_S", 0.5)
    monkeypatch.setattr("pipeline.media.longsound.WINDOW_SAMPLES", 8000)
    monkeypatch.setattr("pipeline.room.BLOCK_ROWS", 37)
    monkeypatch.setattr("extractors.extraction.Room", partial(Room, in_memory_bytes=0))
    long = Extractor(scratch=tmp_path).extract(sample_clips[clip_id])
    assert not list(tmp_path.iterdir())
    assert pack(long) == pack(extracted[clip_id])
