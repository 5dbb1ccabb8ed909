"""The word that is to be guessed stands in the label and nowhere else, and its rows are those of its time."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.store import FeatureStore
from pipeline.track import FeatureTrack
from tests.benchmarks.grid_task import PARTS, TASKS, word_clips
from tests.dmd.synthetic import make_clip

ALIGN = (
    "0 10000 sil\n10000 15000 bin\n15000 25000 blue\n25000 30000 at\n30000 35000 f\n"
    "35000 45000 two\n45000 60000 now\n"
)


@pytest.fixture
def said(tmp_path):
    """One clip whose native columns tell their own time."""
    path = tmp_path / "bbaf2n.mpg"
    path.with_suffix(".align").write_text(ALIGN, "ascii")
    times_s = np.arange(300) / 100 + 0.005
    track = FeatureTrack(times_s[:, None].astype(np.float32), times_s, np.ones((300, 1), bool), ("time",))
    store = FeatureStore(tmp_path / "store", create=True)
    store.write(replace(make_clip(0), clip_id="bbaf2n", native={"audio": track, "face": track}))
    return path, store


@pytest.mark.parametrize(
    ("task", "word", "start_s", "end_s"), [("colour", "blue", 0.6, 1.0), ("digit", "two", 1.4, 1.8)]
)
def test_rows_are_equal_parts_of_the_word(said, task, word, start_s, end_s):
    path, store = said
    (clip,) = word_clips([path], store, TASKS[task])
    assert clip.info.label == word
    part_s = (end_s - start_s) / PARTS
    middles_s = start_s + part_s * (np.arange(PARTS) + 0.5)
    assert clip.audio.values[:, 0] == pytest.approx(middles_s, abs=1e-3)
    assert clip.face.values[:, 0] == pytest.approx(middles_s, abs=1e-3)


def test_the_text_is_hidden(said):
    path, store = said
    (clip,) = word_clips([path], store, TASKS["colour"])
    assert clip.text.values.shape == (PARTS, 0) and not clip.pieces.ids.size
    assert [word.text for word in clip.words] == [""] * PARTS
    assert clip.info.video_id == "bbaf2n"
