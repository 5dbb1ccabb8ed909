import gc
from fractions import Fraction
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.streams import MediaReader
from tests.pipeline.media_making import (
    CONTAINERS,
    Picture,
    Sound,
    clicks,
    corner_picture,
    evenly,
    level,
    number_of,
    onsets_s,
    read,
    talk,
    write_media,
)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_every_picture_and_every_click_has_its_place(tmp_path, suffix):
    frames, audio, reader = read(talk(tmp_path / f"talk.{suffix}"))
    assert len(frames) == 50
    assert [number_of(frame.image) for frame in frames] == [index % 40 for index in range(50)]
    # mp2 codecs delay by up to 481 samples, which these containers do not state
    late = 0.011 if CONTAINERS[suffix][1] == "mp2" else 0.0
    assert onsets_s(audio.samples) == pytest.approx([0.25 + late, 0.75 + late, 1.25 + late, 1.75 + late], abs=0.002)
    gaps = [second.pts_s - first.pts_s for first, second in pairwise(frames)]
    assert gaps == pytest.approx([0.04] * 49, abs=0.041 if suffix == "mpg" else 0.0011)
    assert reader.time_zero_s == audio.start_pts_s


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("segment", [(0.7, 1.3), (0.0, 0.5), (2.6, None), (None, 0.3)])
def test_a_segment_is_the_same_stretch_of_the_whole(tmp_path, suffix, segment):
    path = talk(tmp_path / f"talk.{suffix}", 3.0, gop=25)
    frames, audio, _ = read(path)
    part_frames, part, reader = read(path, *segment)
    zero_s = audio.start_pts_s
    start_s, end_s = segment[0] or 0.0, 99.0 if segment[1] is None else segment[1]
    expected = [frame for frame in frames if segment[0] is None or frame.pts_s - zero_s >= start_s - 1e-9]
    expected = [frame for frame in expected if frame.pts_s - zero_s < end_s - 1e-9]
    assert [number_of(frame.image) for frame in part_frames] == [number_of(frame.image) for frame in expected]
    assert [frame.pts_s for frame in part_frames] == pytest.approx([frame.pts_s for frame in expected], abs=1e-9)
    assert reader.time_zero_s == pytest.approx(zero_s + start_s)
    assert part.start_pts_s == pytest.approx(zero_s + start_s)
    heard = [time_s - start_s for time_s in onsets_s(audio.samples) if start_s <= time_s < end_s]
    assert onsets_s(part.samples) == pytest.approx(heard, abs=0.0015)
    if segment[1] is not None:
        assert len(part.samples) == round((end_s - start_s) * 16000)


def test_neighbouring_segments_share_no_frame_and_lose_none(tmp_path):
    path = talk(tmp_path / "talk.mp4", 2.0)
    cuts = [0.0, 0.3, 0.7, 1.16, 2.0]
    parts = [frame.pts_s for first, last in pairwise(cuts) for frame in read(path, first, last)[0]]
    assert parts == [frame.pts_s for frame in read(path)[0]]


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_a_segment_far_from_any_key_frame_is_found(tmp_path, suffix):
    path = talk(tmp_path / f"talk.{suffix}", 8.0, gop=100)
    numbers = [number_of(frame.image) for frame in read(path, 3.1, 3.3)[0]]
    assert numbers == [number % 40 for number in range(78, 83)]


def test_the_starts_of_the_two_streams_may_differ(tmp_path):
    path = write_media(
        tmp_path / "late.mkv", Picture(evenly(10, start_s=0.2)), Sound(clicks([0.1], 1.0), start_s=0.5)
    )
    frames, audio, reader = read(path)
    assert frames[0].pts_s == pytest.approx(0.2)
    assert audio.start_pts_s == pytest.approx(0.5)
    assert reader.time_zero_s == pytest.approx(0.5)
    # seconds of a segment count from the first sample
    assert [frame.pts_s for frame in read(path, 0.0, 0.06)[0]] == pytest.approx([0.52])


def test_shifting_a_file_in_time_shifts_nothing_inside_it(tmp_path):
    found = []
    for start_s in (0.0, 7.25):
        path = write_media(
            tmp_path / f"{start_s}.mkv",
            Picture(evenly(20, start_s=start_s)),
            Sound(clicks([0.1, 0.4], 0.8), start_s=start_s + 0.01),
        )
        frames, audio, reader = read(path)
        found.append(([round(frame.pts_s - reader.time_zero_s, 6) for frame in frames], audio.samples.tobytes()))
    assert found[0] == found[1]


def test_a_varying_frame_rate_keeps_its_times(tmp_path):
    times_s = [0.0, 0.04, 0.05, 0.25, 0.3, 1.3, 1.31]
    frames, _, _ = read(write_media(tmp_path / "vfr.mkv", Picture(times_s)))
    assert [frame.pts_s for frame in frames] == pytest.approx(times_s, abs=1e-3)


def test_a_hole_in_the_sound_is_silence_and_reported(tmp_path):
    sound = Sound(clicks([0.1, 1.6], 2.0), holes=((0.5, 1.2),))
    _, audio, reader = read(write_media(tmp_path / "hole.mkv", None, sound))
    assert onsets_s(audio.samples) == pytest.approx([0.1, 1.6], abs=1e-3)
    assert any("filled with silence" in problem for problem in reader.problems)


@pytest.mark.parametrize(
    ("turn", "corner"),
    [((0, False, False), (0, 0)), ((90, False, False), (1, 0)), ((180, False, False), (1, 1)),
     ((-90, False, False), (0, 1)), ((0, True, False), (0, 1)), ((0, False, True), (1, 0))],
)  # fmt: skip
def test_the_display_matrix_is_applied(tmp_path, turn, corner):
    picture = Picture(evenly(2), 64, 32, rotation=turn)
    path = write_media(tmp_path / "turned.mp4", picture, images=[corner_picture(64, 32)] * 2)
    frame = read(path)[0][0]
    corners = {(0, 0): (2, 2), (0, 1): (2, -3), (1, 0): (-3, 2), (1, 1): (-3, -3)}
    assert [name for name, place in corners.items() if frame.image[place].mean() > 128] == [corner]
    upright = (64, 32) if turn[0] in (0, 180) else (32, 64)
    assert (frame.width, frame.height) == upright
    assert frame.image.shape == (upright[1], upright[0], 3)
    assert frame.image.flags.c_contiguous


def test_large_pictures_are_reduced_and_tell_their_size(tmp_path):
    path = write_media(tmp_path / "large.mp4", Picture(evenly(2), 1280, 720))
    frame = read(path, max_side_px=320)[0][0]
    assert frame.image.shape == (180, 320, 3)
    assert (frame.width, frame.height) == (1280, 720)


def test_pixels_that_are_not_square_become_square(tmp_path):
    path = write_media(tmp_path / "wide.mp4", Picture(evenly(2), 96, 96, aspect=Fraction(16, 9)))
    assert read(path)[0][0].image.shape == (96, 171, 3)


def test_a_file_without_sound_and_one_without_picture(tmp_path):
    frames, audio, reader = read(write_media(tmp_path / "silent.mp4", Picture(evenly(5, start_s=0.0))))
    assert (len(frames), audio, reader.time_zero_s) == (5, None, 0.0)
    frames, audio, _ = read(write_media(tmp_path / "sound.wav", None, Sound(clicks([0.1], 0.5))))
    assert (frames, len(audio.samples)) == ([], 8000)


def test_a_still_gif_is_a_video_of_one_frame(tmp_path):
    path = tmp_path / "still.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10, options={})
        stream.width = stream.height = 16
        stream.pix_fmt = "rgb8"
        frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 200, np.uint8), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="rgb8")))
        container.mux(stream.encode(None))
    frames, audio, _ = read(path)
    assert (len(frames), audio) == (1, None)


def test_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        audio = container.add_stream("aac", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 32
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 99, np.uint8), format="rgb24")
        packets = cover.encode(image.reformat(format="yuvj420p")) + cover.encode(None)
        container.start_encoding()
        for packet in packets:
            container.mux(packet)
        block = av.AudioFrame.from_ndarray(clicks([0.2], 1.0), format="fltp", layout="mono")
        block.sample_rate, block.time_base, block.pts = 16000, Fraction(1, 16000), 0
        container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    frames, sound, reader = read(path)
    assert (frames, reader.info.video) == ([], None)
    assert onsets_s(sound.samples) == pytest.approx([0.2], abs=2e-3)


def test_of_several_sounds_the_default_one_is_heard(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=16000, layout="mono") for _ in range(2)]
        streams[0].disposition = av.stream.Disposition.comment
        streams[1].disposition = av.stream.Disposition.default
        for stream, time_s in zip(streams, (0.1, 0.3), strict=True):
            block = av.AudioFrame.from_ndarray((clicks([time_s], 0.5) * 32767).astype(np.int16), "s16", "mono")
            block.sample_rate = 16000
            container.mux(stream.encode(block))
    assert onsets_s(read(path)[1].samples) == pytest.approx([0.3], abs=1e-3)


def test_a_stream_without_timestamps_runs_at_its_rate(tmp_path):
    path = write_media(tmp_path / "raw.m4v", Picture(evenly(10)))
    frames, _, _ = read(path)
    assert len(frames) >= 9
    assert [second.pts_s - first.pts_s for first, second in pairwise(frames)] == pytest.approx(
        [0.04] * (len(frames) - 1)
    )


def test_pictures_of_a_container_without_presentation_times_keep_their_order(tmp_path):
    path = tmp_path / "b-frames.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.max_b_frames = 2
        for index in range(50):
            image = np.full((48, 64, 3), level(index), np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames, _, _ = read(path)
    assert [number_of(frame.image) for frame in frames] == [index % 40 for index in range(50)]
    gaps = [second.pts_s - first.pts_s for first, second in pairwise(frames)]
    assert gaps[5:] == pytest.approx([0.04] * 44)


def test_sound_can_be_had_without_the_pictures(tmp_path):
    path = talk(tmp_path / "talk.mp4")
    with MediaReader(path) as reader:
        assert np.array_equal(reader.audio().samples, read(path)[1].samples)


def test_leaving_the_pictures_early_still_gives_all_the_sound(tmp_path):
    path = talk(tmp_path / "talk.mp4")
    with MediaReader(path) as reader:
        next(reader.frames())
        assert np.array_equal(reader.audio().samples, read(path)[1].samples)


def test_reading_twice_gives_the_same_bytes(tmp_path):
    path = talk(tmp_path / "talk.mp4")
    one, two = (read(path) for _ in range(2))
    assert [frame.image.tobytes() for frame in one[0]] == [frame.image.tobytes() for frame in two[0]]
    assert one[1].samples.tobytes() == two[1].samples.tobytes()


@pytest.mark.parametrize("pictures", [1, 30])
def test_no_picture_waits_for_the_garbage_collector(tmp_path, pictures):
    path = write_media(
        tmp_path / "talk.mp4", Picture(evenly(30), rotation=(90, False, False)), Sound(clicks([], 1.0))
    )
    read(path)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with MediaReader(path) as reader:
            for _ in islice(reader.frames(), pictures):
                pass
        del reader, _
        gc.collect()
        left = [type(one).__name__ for one in gc.garbage if type(one).__module__.startswith(("av", "pipeline"))]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == []


def test_nothing_is_written_to_the_terminal(tmp_path, capfd):
    path = tmp_path / "noise.mp4"
    path.write_bytes(talk(tmp_path / "talk.mp4").read_bytes()[:2000])
    with pytest.raises(MediaError):
        read(path)
    assert capfd.readouterr() == ("", "")


def test_a_closed_reader_says_so(tmp_path):
    reader = MediaReader(talk(tmp_path / "talk.mp4"))
    reader.close()
    with pytest.raises(ValueError, match="is closed"):
        reader.frames()


@pytest.mark.parametrize("segment", [(-1.0, 2.0), (1.0, 1.0), (2.0, 1.0), (float("nan"), None)])
def test_a_segment_that_is_no_stretch_of_time_is_refused(tmp_path, segment):
    with pytest.raises(MediaError, match=r"not a stretch of time.*start_s < end_s"):
        MediaReader(talk(tmp_path / "talk.mp4", 0.4), *segment)


def test_a_segment_outside_the_file_is_refused(tmp_path):
    with pytest.raises(MediaError, match="nothing in the segment"):
        read(talk(tmp_path / "talk.mp4", 1.0), 5.0, 6.0)


def test_levels_of_test_pictures_tell_their_number():
    assert [number_of(np.full((2, 2, 3), level(index), np.uint8)) for index in (0, 7, 39)] == [0, 7, 39]
