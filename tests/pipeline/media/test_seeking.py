import pytest

from pipeline.media.file import open_media
from pipeline.media.seeking import first_presentation_s, seek_before
from tests.pipeline.media_making import Picture, Sound, clicks, evenly, write_media

MAX_PIXELS = 1_000_000


def late(path):
    return write_media(path, Picture(evenly(100, start_s=7.0)), Sound(clicks([0.5], 4.0), start_s=7.25))


def test_the_time_of_a_file_begins_with_its_first_sample(tmp_path):
    assert first_presentation_s(late(tmp_path / "talk.mkv"), MAX_PIXELS) == pytest.approx(7.25)


def test_without_sound_it_begins_with_the_first_picture(tmp_path):
    path = write_media(tmp_path / "silent.mkv", Picture(evenly(3, start_s=2.5)))
    assert first_presentation_s(path, MAX_PIXELS) == pytest.approx(2.5)


def test_a_seek_lands_before_the_wanted_time_in_every_stream(tmp_path):
    with open_media(late(tmp_path / "talk.mkv"), MAX_PIXELS) as container:
        assert seek_before(container, list(container.streams), 10.0)
        first = {}
        for packet in container.demux():
            if packet.pts is not None:
                first.setdefault(packet.stream.index, float(packet.pts * packet.time_base))
    assert all(time_s < 10.0 for time_s in first.values())


def test_a_seek_that_lands_too_late_is_not_believed(tmp_path):
    with open_media(late(tmp_path / "talk.mkv"), MAX_PIXELS) as container:
        assert not seek_before(container, list(container.streams), 3.0)


def test_formats_that_estimate_their_times_are_not_seeked(tmp_path):
    path = write_media(
        tmp_path / "sound.mp3", None, Sound(clicks([0.5], 4.0, 44100), rate_hz=44100, codec="libmp3lame")
    )
    with open_media(path, MAX_PIXELS) as container:
        assert not seek_before(container, list(container.streams), 3.0)
