import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flows.pages.film import Filmer, Media, contours
from pipeline.clip import Clip
from pipeline.files import content_sha256
from pipeline.track import FeatureTrack
from tests.flows.page_material import make_clip

GRID = Path(__file__).parents[2] / os.environ.get("DMD_GRID", "../shared/clips/grid")


def film_of(clip, path, **more):
    with Filmer(Media({clip.clip_id: Clip(clip.clip_id, path)}, **more)) as filmer:
        return filmer.film(clip)


def test_without_media_there_is_no_film():
    with Filmer(None) as filmer:
        assert filmer.film(make_clip()) == {}


def test_a_clip_without_a_face_has_no_film(tmp_path):
    assert film_of(make_clip(hole=(0.0, 99.0)), tmp_path / "clip.mp4") == {}


def test_media_that_are_gone_are_a_reason(tmp_path):
    assert "clip.mp4" in film_of(make_clip(), tmp_path / "clip.mp4")["problem"]


def test_media_that_have_changed_are_a_reason(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"other")
    assert "is not the file that this clip was extracted from" in film_of(make_clip(), path)["problem"]


def test_contours_are_thousandths_of_the_picture_joined_by_lines():
    from extractors.face import FaceResult

    landmarks = np.zeros((2, 478, 3), np.float32)
    landmarks[0, :, 0], landmarks[0, :, 1] = 32.0, 12.0
    valid = np.array([[True], [False]])
    track = FeatureTrack(np.zeros((2, 1), np.float32), np.array([0.0, 0.1]), valid, ("smile",))
    points, lines = contours(FaceResult(track, (), {}, landmarks), (24, 64))
    assert set(points[0][0::2]) == set(points[0][1::2]) == {500}
    assert points[1] is None
    assert sorted({end for line in lines for end in line}) == list(range(len(points[0]) // 2))


@pytest.mark.skipif(not GRID.is_dir(), reason=f"no clips in {GRID} (set DMD_GRID)")
@pytest.mark.parametrize("with_frames", [False, True])
def test_the_face_of_a_real_clip_is_drawn(with_frames):
    path = min(GRID.glob("*.mpg"))
    clip = replace(make_clip(), provenance={"content_sha256": content_sha256(path)}, duration_s=3.0)
    found = film_of(clip, path, with_frames=with_frames)
    assert len(found["times"]) == len(found["points"])
    assert 20 <= len(found["times"]) <= 31
    assert sum(points is not None for points in found["points"]) >= 0.99 * len(found["points"])
    assert found["aspect"] == pytest.approx(1.25, abs=0.15)
    first = next(points for points in found["points"] if points)
    assert 0 < min(first)
    assert max(first) < 1000
    assert len(found["pictures"]) == (len(found["times"]) if with_frames else 0)
    assert all(picture.startswith("data:image/jpeg;base64,") for picture in found["pictures"])
