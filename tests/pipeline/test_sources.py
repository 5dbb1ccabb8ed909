import json
import os

import pytest

from pipeline.errors import UsageError
from pipeline.sources import read_source
from tests.pipeline.source_making import ids, touch


def test_a_folder_is_searched_and_its_clips_come_in_order(tmp_path):
    touch(tmp_path, "b.mp4", "a.MOV", "deep/er/c.wav", "notes.txt", ".hidden.mp4", "._b.mp4", ".git/x.mp4", "d")
    listing = read_source(tmp_path)
    assert ids(listing) == ["a", "b", "deep/er/c"]
    assert listing.problems == ()
    assert listing.clips[0].path == tmp_path / "a.MOV"


@pytest.mark.parametrize(
    "name", ["a b.mp4", 'it\'s "x".mp4', "😀.mp4", "new\nline.mp4", "-rf.mp4", "a.b.mp4", "é.mp4"]
)
def test_any_file_name_is_a_clip(tmp_path, name):
    touch(tmp_path, name)
    assert ids(read_source(tmp_path)) == [name[:-4]]
    assert ids(read_source(tmp_path / name)) == [name[:-4]]


def test_what_only_looks_like_media_is_a_problem_and_the_rest_goes_on(tmp_path):
    touch(tmp_path, "good.mp4", "folder.mp4/inner.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    (tmp_path / "out.mp4").symlink_to("/dev/zero")
    (tmp_path / "up").symlink_to(tmp_path)
    listing = read_source(tmp_path)
    assert ids(listing) == ["good"]
    reasons = {problem.clip_id: problem.error for problem in listing.problems}
    assert sorted(reasons) == ["folder", "gone", "loop", "out", "pipe"]
    assert "is a folder" in reasons["folder"]
    assert "pipe or a device" in reasons["pipe"]
    assert "leaves the folder" in reasons["out"]
    assert all("\n" not in reason for reason in reasons.values())


def test_two_files_with_one_id_are_named_and_the_video_is_taken(tmp_path):
    touch(tmp_path, "talk.aac", "talk.mp4")
    listing = read_source(tmp_path)
    assert [clip.path.name for clip in listing.clips] == ["talk.mp4"]
    assert "talk.mp4' and " in listing.problems[0].error
    assert "talk.aac'" in listing.problems[0].error


def test_a_transcript_beside_a_clip_is_taken(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    (tmp_path / "a.txt").write_text("so good")
    (tmp_path / "b.txt").write_text("  ")
    (tmp_path / "c.json").write_text(json.dumps({"language": "de", "segments": [{"text": "ja"}]}))
    clips = read_source(tmp_path).clips
    assert clips[0].transcript.text == "so good"
    assert clips[1].transcript is None
    assert (clips[2].transcript.text, clips[2].language) == ("ja", "de")


def test_an_empty_transcript_hides_no_other(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    for name in ("a.srt", "b.srt"):
        (tmp_path / name).write_text("")
    (tmp_path / "a.txt").write_text("all is well")
    first, second = read_source(tmp_path, language="German").clips
    assert (first.transcript.text, first.language) == ("all is well", "de")
    assert second.transcript is None


def test_a_malformed_transcript_costs_only_its_clip(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "a.srt").write_text("1\n00:00 --> x\nhello")
    listing = read_source(tmp_path)
    assert ids(listing) == ["b"]
    assert listing.problems[0].path == tmp_path / "a.mp4"
    assert "malformed time line" in listing.problems[0].error


def test_a_transcript_that_is_a_link_out_of_the_folder_is_not_read(tmp_path):
    touch(tmp_path, "in/a.mp4")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "in/a.txt").symlink_to(tmp_path / "secret.txt")
    listing = read_source(tmp_path / "in")
    assert listing.clips == ()
    assert "leaves the folder" in listing.problems[0].error


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "no such folder or file"), ("empty", "holds no clip")])
def test_a_source_without_clips_is_refused(tmp_path, name, reason):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=reason):
        read_source(tmp_path / name)


def test_a_pipe_or_a_circle_is_no_source(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="is a pipe or a device"):
        read_source(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no such readable"):
        read_source(tmp_path / "loop")


def test_renames_without_a_table_are_refused(tmp_path):
    touch(tmp_path, "a.mp4")
    for source in (tmp_path, tmp_path / "a.mp4"):
        with pytest.raises(UsageError, match="--columns"):
            read_source(source, columns={"text": "Utterance"})
