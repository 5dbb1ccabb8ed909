"""Any file of a folder of awkward media ends in tracks or in one clear line."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.streams import MediaReader

ODD = Path(__file__).parents[3] / os.environ.get("DMD_ODD_MEDIA", "../shared/clips/odd")
FILES = sorted(ODD.iterdir()) if ODD.is_dir() else []


@pytest.mark.skipif(not FILES, reason=f"no folder of odd media at {ODD} (DMD_ODD_MEDIA)")
@pytest.mark.parametrize("path", FILES or [Path("none")], ids=lambda path: path.name)
def test_odd_media_ends_in_tracks_or_in_one_clear_line(path, capfd):
    try:
        with MediaReader(path) as reader:
            frames = [(frame.pts_s, frame.image) for frame in reader.frames()]
            audio = reader.audio()
            problems = reader.problems
    except MediaError as error:
        assert "\n" not in str(error)
        assert path.name in str(error)
        assert ";" in str(error), "the line must say what to do"
    else:
        assert frames or audio is not None
        assert all(first < second for (first, _), (second, _) in pairwise(frames))
        for _, image in frames:
            assert image.flags.c_contiguous
            assert image.dtype == np.uint8
            assert max(image.shape[:2]) <= 640
        if audio is not None:
            assert audio.samples.dtype == np.float32
            assert np.isfinite(audio.samples).all()
            assert 0.0 <= audio.clipped_fraction <= 1.0
        assert all("\n" not in problem for problem in problems)
    assert capfd.readouterr() == ("", "")
