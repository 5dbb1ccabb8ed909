"""Pictures that a file's clock cannot tell apart are one picture."""

import shutil
from dataclasses import replace
from pathlib import Path

from extractors.extraction import Extractor
from pipeline.clip import Clip
from pipeline.streams import MediaReader

SAMPLE = Path(__file__).parents[2] / "data" / "Raw" / "bruno" / "1.mp4"


def test_pictures_within_a_microsecond_are_taken_once(tmp_path, monkeypatch):
    path = Path(shutil.copy(SAMPLE, tmp_path / "clip.mp4"))
    real = MediaReader.frames

    shown = 0

    def doubled(reader):
        nonlocal shown
        for frame in real(reader):
            shown += 1
            yield frame
            yield replace(frame, pts_s=frame.pts_s + 4e-7)

    monkeypatch.setattr(MediaReader, "frames", doubled)
    clip = Extractor().extract(Clip("clip", path))
    assert clip.native["face"].values.shape[0] == shown > 50
