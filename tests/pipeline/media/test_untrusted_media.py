"""Media files from strangers: any name, any damage, any trick."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.streams import MediaReader
from tests.pipeline.media_making import (
    Picture,
    Sound,
    clicks,
    evenly,
    number_of,
    read,
    talk,
    write_media,
)


@pytest.mark.parametrize(
    "name", ["a b.mp4", 'it\'s "x".mp4', "😀.mp4", "new\nline.mp4", "-i.mp4", "http:x.mp4", "%03d.mp4"]
)
def test_any_file_name_is_read(tmp_path, name, monkeypatch):
    source = talk(tmp_path / "talk.mp4", 0.4)
    monkeypatch.chdir(tmp_path)
    source.rename(tmp_path / name)
    assert len(read(Path(name))[0]) == 10
    (tmp_path / name).write_bytes(b"junk")
    with pytest.raises(MediaError) as caught:
        read(Path(name))
    assert "\n" not in str(caught.value)


def test_what_is_no_regular_file_is_refused_before_it_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    (tmp_path / "empty.mp4").touch()
    for name, reason in [
        ("pipe.mp4", "is a pipe"),
        ("folder.mp4", "is a directory"),
        ("loop.mp4", "cannot be opened"),
        ("missing.mp4", "No such file"),
        ("empty.mp4", "is empty"),
    ]:
        with pytest.raises(MediaError, match=reason):
            MediaReader(tmp_path / name)
    with pytest.raises(MediaError, match="is a device"):
        MediaReader(Path("/dev/zero"))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9999 RTP/AVP 0\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>',
    ],
)
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.ffconcat"])
def test_a_playlist_opens_no_other_file(tmp_path, text, name):
    target = talk(tmp_path / "talk.ts", 0.4)
    path = tmp_path / name
    path.write_text(text.format(path=target))
    with pytest.raises(MediaError, match=r"playlist|cannot be read as media"):
        read(path)


def test_pictures_beyond_the_limit_are_not_decoded_but_the_sound_is(tmp_path):
    path = write_media(tmp_path / "large.mp4", Picture(evenly(3), 320, 240), Sound(clicks([0.1], 0.5)))
    frames, audio, reader = read(path, max_pixels=320 * 200)
    assert (frames, len(audio.samples)) == ([], 8000)
    assert any("more than 64000 pixels" in problem for problem in reader.problems)
    silent = write_media(tmp_path / "silent.mp4", Picture(evenly(3), 320, 240))
    with pytest.raises(MediaError, match="more than 64000 pixels"):
        read(silent, max_pixels=320 * 200)


def test_a_file_without_its_index_says_that_it_is_truncated(tmp_path):
    whole = talk(tmp_path / "talk.mp4").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaError, match=r"moov.*truncated.*again"):
        read(path)


def test_a_truncated_file_that_can_be_read_gives_what_is_there_and_says_so(tmp_path):
    whole = talk(tmp_path / "talk.mkv", 6.0).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: len(whole) // 3])
    frames, audio, reader = read(path)
    assert 20 < len(frames) < 100
    assert 1.0 < audio.duration_s < 4.0
    assert any("declares 6" in problem for problem in reader.problems)


def test_damage_in_the_middle_costs_only_itself(tmp_path):
    data = bytearray(talk(tmp_path / "talk.ts", 6.0).read_bytes())
    rng = np.random.default_rng(3)
    for place in rng.integers(len(data) // 3, 2 * len(data) // 3, 400):
        data[place] ^= 0xFF
    path = tmp_path / "damaged.ts"
    path.write_bytes(data)
    frames, audio, _ = read(path)
    assert len(frames) > 75
    assert audio.duration_s > 5
    assert all(first.pts_s < second.pts_s for first, second in pairwise(frames))
    assert number_of(frames[-1].image) == 149 % 40


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = talk(tmp_path / "talk.mp4")
    with MediaReader(path) as reader:
        frames = reader.frames()
        next(frames)
        with path.open("ab") as file:
            file.write(b"more")
        with pytest.raises(MediaError, match="changed while it was read"):
            list(frames)
