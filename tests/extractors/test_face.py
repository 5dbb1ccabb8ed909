"""Face sessions: time slots, flags, the speaker's track, and what a real landmarker finds."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from extractors.assets import model_path
from extractors.face import FaceConfig, FaceExtractor, FaceSession, face_columns
from extractors.faces.landmarks import DetectedFace
from extractors.known_models import EMBEDDED_FACE
from pipeline.errors import ModelMissingError
from pipeline.media.speech import SpeechEnvelope, speech_envelope
from tests.extractors.faces.synthetic_face import CHIN, LOWER_LIP, moved, neutral_face, pictured

GRID = Path(os.environ.get("DMD_GRID", Path(__file__).parents[2] / "../shared/clips/grid"))
IMAGE = np.zeros((288, 360, 3), np.uint8)
RATE_HZ = 25.0


def face(centre_px=(180, 144), scale=0.8, opening=0.0, yaw_deg=0.0):
    points = moved(neutral_face(), (*CHIN, *LOWER_LIP), y=-opening)
    drawn = pictured(points, centre_px=centre_px, scale=scale, yaw_deg=yaw_deg)
    return DetectedFace(drawn.astype(np.float32), None)


def session_of(frames, config=None, start_s=0.0, speech=None, offset_s=0.0):
    """Run a session whose landmarker is a list of the faces of every frame."""
    waiting = iter(frames)
    with FaceSession(
        config or FaceConfig(), lambda image, time_s: tuple(next(waiting)), blendshapes=False
    ) as session:
        for index in range(len(frames)):
            session.add(IMAGE, start_s + index / RATE_HZ)
        return session.finish(speech, clock_offset_s=offset_s)


def column(result, name):
    return result.track.values[:, result.track.names.index(name)]


def syllables(seed, frames):
    random = np.random.default_rng(seed)
    steps = np.arange(0, frames / RATE_HZ, 0.01)
    centres = np.arange(0.3, frames / RATE_HZ, 0.25) + random.uniform(
        -0.08, 0.08, len(np.arange(0.3, frames / RATE_HZ, 0.25))
    )
    loud = np.max(random.uniform(0.3, 1, len(centres)) * np.exp(-(((steps[:, None] - centres) / 0.06) ** 2)), axis=1)
    speech = SpeechEnvelope(steps, (-60 + 40 * loud).astype(np.float32), loud > 0.4)
    return speech, 15 * np.interp(np.arange(frames) / RATE_HZ, steps, loud)


def test_a_frame_without_a_face_keeps_its_time_and_is_not_valid():
    result = session_of([[face()]] * 10 + [[]] * 5 + [[face()]] * 10)
    assert len(result.track.times_s) == 25
    np.testing.assert_allclose(result.track.times_s, np.arange(25) / RATE_HZ)
    assert result.track.mask.tolist() == [True] * 10 + [False] * 5 + [True] * 10
    assert result.flags == ("face_partly_missing",)
    assert result.quality["face_seen_share"] == 0.8


def test_a_clip_without_a_face_says_so_and_keeps_every_slot():
    result = session_of([[]] * 8)
    assert result.flags == ("face_missing",)
    assert result.track.values.shape == (8, len(face_columns(FaceConfig())))
    assert not result.track.valid.any()


def test_a_clip_without_a_frame_is_an_empty_track():
    result = session_of([])
    assert result.track.values.shape == (0, len(face_columns(FaceConfig())))
    assert result.flags == ("face_missing",)


def test_names_of_the_track_are_the_columns_promised():
    assert session_of([[face()]] * 3).track.names == tuple(item.name for item in face_columns(FaceConfig()))


def test_a_shift_of_times_changes_times_alone():
    frames = [[face(opening=step % 7)] for step in range(30)]
    here, there = session_of(frames), session_of(frames, offset_s=1.5)
    assert here.track.values.tobytes() == there.track.values.tobytes()
    np.testing.assert_allclose(there.track.times_s - here.track.times_s, 1.5)
    assert here.quality == there.quality


def test_a_far_turned_face_is_unsure_and_counted():
    result = session_of([[face(yaw_deg=10)]] * 20 + [[face(yaw_deg=60)]] * 20)
    assert column(result, "face_unsure").tolist() == [0.0] * 20 + [1.0] * 20
    assert result.quality["face_unsure_frames"] == 20
    assert result.track.mask.all()


@pytest.mark.parametrize(
    "odd", [face(scale=0.15), face(centre_px=(5, 144))], ids=["tiny", "cut by the edge of the picture"]
)
def test_a_tiny_or_cut_face_is_unsure(odd):
    assert column(session_of([[odd]] * 20), "face_unsure").all()


def test_place_and_size_are_shares_of_the_picture():
    result = session_of([[face(centre_px=(270, 72), scale=0.5)]] * 20)
    assert column(result, "face_x")[0] == pytest.approx(0.25, abs=0.02)
    assert column(result, "face_y")[0] == pytest.approx(0.25, abs=0.05)
    assert 0.2 < column(result, "face_height")[0] < 0.35


def test_of_two_faces_the_one_in_time_with_the_voice_is_measured():
    speech, openings = syllables(1, 80)
    _, others = syllables(2, 80)
    left = [face((90, 144), 0.5, opening) for opening in openings]
    right = [face((270, 144), 0.5, opening) for opening in others]
    frames = [
        [one, two] if index % 3 else [two, one] for index, (one, two) in enumerate(zip(left, right, strict=True))
    ]
    result = session_of(frames, speech=speech)
    assert (column(result, "face_x") < 0).all()
    assert result.flags == ("several_faces",)
    assert result.quality["speaker_margin"] > 0.1
    assert result.quality["face_tracks"] == 2


def test_speech_without_a_moving_mouth_is_off_screen():
    speech, _ = syllables(1, 80)
    random = np.random.default_rng(0)
    still = [[face(opening=random.normal(0, 0.3))] for _ in range(80)]
    assert session_of(still, speech=speech).flags == ("off_screen_speaker",)


def test_a_face_that_passes_by_is_not_several_faces():
    frames = [[face((120, 144), 0.6)]] * 60
    frames[30] = [*frames[30], face((300, 144), 0.3)]
    assert session_of(frames).flags == ()


def test_where_the_speakers_face_is_hidden_another_does_not_stand_in():
    near, far = face((90, 144), 0.7), face((270, 144), 0.4)
    result = session_of([[near, far]] * 30 + [[far]] * 10 + [[near, far]] * 30)
    assert result.track.mask.tolist() == [True] * 30 + [False] * 10 + [True] * 30


def test_a_lower_rate_leaves_frames_out():
    result = session_of([[face()]] * 50, FaceConfig(max_fps=12.5))
    np.testing.assert_allclose(np.diff(result.track.times_s), 0.08)


def test_landmarks_are_handed_over_when_asked_for():
    frames = [[face(opening=step)] if step != 3 else [] for step in range(10)]
    result = session_of(frames, FaceConfig(keep_landmarks=True))
    assert result.landmarks_px.shape == (10, 478, 3)
    assert not result.landmarks_px[3].any()
    np.testing.assert_array_equal(result.landmarks_px[5], frames[5][0].points_px)


def test_times_that_do_not_increase_are_refused():
    session = FaceSession(FaceConfig(), lambda image, time_s: (), blendshapes=False)
    session.add(IMAGE, 0.04)
    with pytest.raises(ValueError, match=r"0\.04 s comes after 0\.04 s"):
        session.add(IMAGE, 0.04)


def test_an_unknown_bundle_is_refused_unless_its_hash_is_given(tmp_path):
    path = tmp_path / "mine.task"
    path.write_bytes(model_path(EMBEDDED_FACE).read_bytes() + b"\0")
    with pytest.raises(ModelMissingError, match="no known bundle's"):
        FaceExtractor(FaceConfig(bundle=str(path)))
    copied = tmp_path / "copy.task"
    copied.write_bytes(model_path(EMBEDDED_FACE).read_bytes())
    assert FaceConfig(bundle=str(copied)).bundle_digest() == FaceConfig().bundle_digest()
    with pytest.raises(ModelMissingError, match="is not there"):
        FaceExtractor(FaceConfig(bundle=str(tmp_path / "none.task")))


def test_a_trusted_file_that_is_no_bundle_is_one_line(tmp_path):
    path = tmp_path / "bad.task"
    path.write_bytes(b"PK\x05\x06" + bytes(18))  # an empty zip
    config = FaceConfig(bundle=str(path), bundle_sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ModelMissingError, match="cannot be loaded") as caught:
        FaceExtractor(config).start()
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def extractor():
    with_models = FaceExtractor()
    yield with_models
    with_models.close()


def decoded(name):
    import av

    path = GRID / name
    if not path.exists():
        pytest.skip(f"{GRID} is not there; set DMD_GRID")
    with av.open(str(path)) as container:
        return [np.ascontiguousarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def extracted(extractor, images, speech=None):
    with extractor.start() as session:
        for index, image in enumerate(images):
            session.add(image, index / RATE_HZ)
        return session.finish(speech)


def test_a_real_face_is_found_in_every_frame_with_the_same_bytes_again(extractor):
    images = decoded("bbaf2n.mpg")[:30]
    first, again = extracted(extractor, images), extracted(extractor, images)
    assert first.track.mask.all()
    assert first.flags == ()
    assert first.track.values.tobytes() == again.track.values.tobytes()
    fresh = FaceExtractor()
    assert extracted(fresh, images).track.values.tobytes() == first.track.values.tobytes()
    fresh.close()
    assert 0.2 < column(first, "eye_openness_left").max() < 0.5
    assert abs(column(first, "head_roll_deg")).max() < 15


def test_a_mirrored_real_face_reads_mirrored(extractor):
    images = decoded("bbaf2n.mpg")[:6]
    seen, mirror = extracted(extractor, images), extracted(extractor, [image[:, ::-1] for image in images])
    assert np.abs(column(seen, "head_yaw_deg") + column(mirror, "head_yaw_deg")).max() < 4
    assert np.abs(column(seen, "mouth_width") - column(mirror, "mouth_width")).max() < 0.05
    assert np.abs(column(seen, "smile_left") - column(mirror, "smile_right")).max() < 0.06


def test_scale_hardly_changes_what_a_real_face_reads(extractor):
    import cv2

    images = decoded("bbaf2n.mpg")[:25]
    seen = extracted(extractor, images)
    double = extracted(extractor, [cv2.resize(image, None, fx=2, fy=2) for image in images])
    for name in ("mouth_height", "jaw_open", "eye_openness_left", "brow_inner_raise_left"):
        assert np.abs(column(seen, name) - column(double, name)).mean() < 0.03


def test_a_small_face_is_found_by_looking_again(extractor):
    import cv2

    images = []
    for image in decoded("bbaf2n.mpg")[:12]:
        wide = np.full((360, 640, 3), 90, np.uint8)
        small = cv2.resize(image, (126, 101), interpolation=cv2.INTER_AREA)  # the face is 50 px high
        wide[200:301, 400:526] = small
        images.append(wide)
    assert extracted(extractor, images).track.mask.all()
    plain = FaceExtractor(FaceConfig(mode="image"))
    assert not extracted(plain, images).track.mask.any()
    plain.close()


@pytest.mark.parametrize("shape", [(1, 1, 3), (16, 16, 3), (8, 4000, 3), (2000, 20, 3)])
def test_pictures_of_odd_shapes_hold_no_face_and_are_no_error(extractor, shape):
    result = extracted(extractor, [np.zeros(shape, np.uint8)] * 2)
    assert result.flags == ("face_missing",)


def test_an_image_of_another_type_is_refused(extractor):
    with extractor.start() as session, pytest.raises(ValueError, match="uint8"):
        session.add(np.zeros((64, 64, 3), np.float32), 0.0)


def test_an_image_that_is_not_contiguous_is_read_right(extractor):
    images = decoded("bbaf2n.mpg")[:3]
    padded = [np.pad(image, ((0, 0), (0, 24), (0, 0)))[:, :-24] for image in images]
    assert not padded[0].flags.c_contiguous
    assert extracted(extractor, padded).track.values.tobytes() == extracted(extractor, images).track.values.tobytes()


@pytest.mark.parametrize("mode", ["image", "video"])
def test_other_modes_find_the_face_too_and_repeat_their_bytes(mode):
    images = decoded("bbaf2n.mpg")[:8]
    extractor = FaceExtractor(FaceConfig(mode=mode, max_faces=1))
    first, again = extracted(extractor, images), extracted(extractor, images)
    extractor.close()
    assert first.track.mask.all()
    assert first.track.values.tobytes() == again.track.values.tobytes()


def test_of_two_real_faces_side_by_side_the_speakers_is_chosen(extractor):
    import av

    names = ["bbaf2n.mpg", "lwwm3a.mpg", "pgwe6n.mpg"]
    for own, other in zip(names, [*names[1:], names[0]], strict=True):
        images = [np.hstack(pair) for pair in zip(decoded(own), decoded(other), strict=False)]
        with av.open(str(GRID / own)) as container:
            resampler = av.AudioResampler("flt", "mono", 16000)
            parts = [out.to_ndarray()[0] for part in container.decode(audio=0) for out in resampler.resample(part)]
        result = extracted(extractor, images, speech_envelope(np.concatenate(parts), 16000))
        assert (column(result, "face_x") < 0).all(), own
        assert "several_faces" in result.flags


def sample(extractor, name, most=1000):
    """Extract one of the repository's sample clips, as the pipeline does."""
    from pipeline.streams import MediaReader

    path = Path(__file__).parents[2] / "data" / "Raw" / name
    with MediaReader(path) as reader, extractor.start() as session:
        first_s = None
        for index, frame in enumerate(reader.frames()):
            first_s = frame.pts_s if first_s is None else first_s
            if index < most:
                session.add(frame.image, frame.pts_s - first_s)
        audio = reader.audio()
        speech = speech_envelope(audio.samples, audio.rate_hz)
        return session.finish(speech, clock_offset_s=(first_s or 0.0) - audio.start_pts_s)


def test_the_talking_one_of_two_drawn_faces_is_chosen(extractor):
    result = sample(extractor, "duo/1.mp4")
    assert result.flags == ("several_faces",)
    assert result.quality["speaker_margin"] > 0.3
    assert np.ptp(column(result, "face_x")) < 0.1  # one of them all along


def test_a_drawn_talking_face_goes_with_its_voice(extractor):
    result = sample(extractor, "anna/1.mp4", most=60)
    assert result.track.mask.all()
    assert result.quality["speaker_match"] > 0.5


def test_a_clip_that_shows_no_face_says_so(extractor):
    assert sample(extractor, "slides/1.mp4", most=40).flags == ("face_missing",)
