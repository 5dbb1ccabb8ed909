"""The sample clips are what `data/LICENCE.md` and their script say."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import mediapipe as mp
import numpy as np
import pytest
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions

from pipeline.errors import MediaError
from pipeline.sources import read_source
from pipeline.streams import Audio, MediaReader
from tests.sample_clips.script import LINES, Line

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
BUNDLE = ROOT / "extractors/models/face_landmarker_attention.task"
STRIDE = 3
"""Every third picture is looked at."""
WHOLE = [line for line in LINES if line.oddity != "truncated"]
FACES = [line for line in WHOLE if line.kind in ("face", "two_faces")]
HEARD = [line for line in FACES if line.oddity != "no_audio"]
LIPS, EYES = (13, 14), (33, 263)


def name(line: Line) -> str:
    return f"{line.video_id}/{line.clip_id}"


def path(line: Line) -> Path:
    return DATA / "Raw" / line.video_id / f"{line.clip_id}.mp4"


@dataclass(frozen=True)
class Seen:
    """What the face model finds in a clip."""

    times_s: list[float]
    looked_s: list[float]
    """Times of the pictures that were looked at."""
    openings: list[list[float]]
    """For each of those, how far each mouth is open (share of the distance of the eyes), from left to right."""
    size: tuple[int, int]
    audio: Audio | None


@cache
def seen(line: Line) -> Seen:
    options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(BUNDLE)), num_faces=2)
    times_s, looked_s, openings = [], [], []
    with vision.FaceLandmarker.create_from_options(options) as landmarker, MediaReader(path(line)) as reader:
        for index, frame in enumerate(reader.frames()):
            times_s.append(frame.pts_s)
            if index % STRIDE == 0:
                looked_s.append(frame.pts_s)
                found = landmarker.detect(mp.Image(mp.ImageFormat.SRGB, frame.image)).face_landmarks
                shape = np.array([frame.image.shape[1], frame.image.shape[0]])
                faces = sorted(
                    ([(point.x, point.y) for point in face] for face in found), key=lambda face: face[1][0]
                )
                openings.append([opening(np.array(face) * shape) for face in faces])
        size = (frame.width, frame.height)
        return Seen(times_s, looked_s, openings, size, reader.audio())


def opening(face: np.ndarray) -> float:
    gaps = [np.linalg.norm(face[first] - face[second]) for first, second in (LIPS, EYES)]
    return float(gaps[0] / gaps[1])


def follows(line: Line, which: int) -> float:
    """Correlation of a mouth's opening with the level of the sound."""
    clip = seen(line)
    level = np.sqrt(np.convolve(clip.audio.samples**2, np.ones(1280) / 1280, mode="same"))
    places = np.round((np.array(clip.looked_s) - clip.audio.start_pts_s) * clip.audio.rate_hz).astype(int)
    inside = (places >= 0) & (places < len(level))
    mouth = np.array([mouths[which] for mouths in clip.openings])
    return float(np.corrcoef(level[places[inside]], mouth[inside])[0, 1])


def test_the_folder_holds_what_the_script_says():
    listing = read_source(DATA)
    assert listing.problems == ()
    found = {
        (clip.clip_id, clip.transcript.text, float(clip.label), clip.split, clip.video_id) for clip in listing.clips
    }
    assert found == {
        (f"{line.video_id}$_${line.clip_id}", line.text, line.label, line.mode, line.video_id) for line in LINES
    }


def test_training_and_validation_hold_both_feelings_and_share_no_video():
    videos = {}
    for line in LINES:
        videos.setdefault(line.mode, set()).add(line.video_id)
    assert not videos["train"] & videos["valid"] and not (videos["train"] | videos["valid"]) & videos["test"]
    for mode in ("train", "valid", "test"):
        labels = [line.label for line in LINES if line.mode == mode]
        assert min(labels) < 0 < max(labels)


@pytest.mark.parametrize("line", LINES, ids=name)
def test_clips_are_small(line):
    assert path(line).stat().st_size <= 400_000


@pytest.mark.parametrize("line", WHOLE, ids=name)
def test_clips_are_short_and_tell_no_problem(line):
    with MediaReader(path(line)) as reader:
        times_s = [frame.pts_s for frame in reader.frames()]
        audio = reader.audio()
        assert reader.problems == ()
    assert 3.0 <= times_s[-1] - times_s[0] <= 12.0
    assert (audio is None) == (line.oddity == "no_audio")
    if audio is not None:
        assert abs(audio.duration_s + audio.start_pts_s - times_s[-1]) < 0.15
        assert audio.clipped_fraction == 0


@pytest.mark.parametrize("line", FACES, ids=name)
def test_every_face_is_found(line):
    wanted = 2 if line.kind == "two_faces" else 1
    counts = [len(mouths) for mouths in seen(line).openings]
    assert np.mean(np.array(counts) == wanted) >= 0.95


@pytest.mark.parametrize("line", [line for line in WHOLE if line not in FACES], ids=name)
def test_no_face_is_found_where_none_is(line):
    assert all(not mouths for mouths in seen(line).openings)


@pytest.mark.parametrize("line", HEARD, ids=name)
def test_the_mouth_of_the_speaker_follows_the_voice(line):
    assert follows(line, 0) > 0.7


def test_of_two_faces_only_the_left_one_speaks():
    (duo,) = [line for line in FACES if line.kind == "two_faces"]
    assert follows(duo, 0) > 0.7
    assert abs(follows(duo, 1)) < 0.4


def test_each_odd_clip_is_odd_in_its_way():
    odd = {line.oddity: line for line in LINES if line.oddity != "none"}
    assert seen(odd["rotated"]).size == (240, 320)
    steps = np.diff(seen(odd["varying_rate"]).times_s)
    assert steps.min() < 0.035 < 0.08 < steps.max()
    late = seen(odd["late_audio"])
    assert late.audio.start_pts_s - late.times_s[0] == pytest.approx(0.22, abs=0.03)
    even = [second - first for first, second in pairwise(late.times_s)]
    assert even == pytest.approx([0.04] * len(even), abs=1e-3)
    with pytest.raises(MediaError, match="truncated"):
        MediaReader(path(odd["truncated"]))
