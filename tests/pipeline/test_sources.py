import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.sources import Listing, read_source


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"media")


def manifest(folder: Path, text: str, name: str = "clips.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def ids(listing: Listing) -> list[str]:
    return [clip.clip_id for clip in listing.clips]


# folders and files


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


# manifests


def test_every_column_of_a_manifest_arrives(tmp_path):
    touch(tmp_path, "media/a.mp4")
    path = manifest(
        tmp_path,
        "path,id,text,label,split,speaker,video_id,start_s,end_s,language,more\n"
        'media/a.mp4,one,"yes, sir",1.5,train,ann,v1,0.5,2,de,x\n',
    )
    (clip,) = read_source(path).clips
    assert (clip.clip_id, clip.label, clip.split, clip.speaker, clip.video_id) == ("one", "1.5", "train", "ann", "v1")
    assert (clip.start_s, clip.end_s, clip.language) == (0.5, 2.0, "de")
    assert (clip.transcript.text, clip.transcript.language) == ("yes, sir", "de")
    assert clip.path == tmp_path / "media/a.mp4"


def test_ids_are_the_column_else_video_and_clip_else_the_path(tmp_path):
    touch(tmp_path, "x/a.mp4", "b.mp4")
    path = manifest(
        tmp_path,
        "path,id,video_id,clip_id,text,start_s,end_s\nx/a.mp4,one,v,1,,,\nx/a.mp4,,v,2,,,\n./x/../x/a.mp4,,v,,,,\n"
        "b.mp4,,,,,0,1\nb.mp4,,,,,1,2.5\n,,,,only text,,\n",
    )
    assert ids(read_source(path)) == ["one", "v$_$2", "x/a", "b@0-1", "b@1-2.5", "row_6"]


def test_a_text_alone_is_a_clip_and_a_row_of_nothing_is_a_problem(tmp_path):
    path = manifest(tmp_path, "path,text,label\n,so good,1\n,,2\n")
    listing = read_source(path)
    assert [(clip.path, clip.transcript.text) for clip in listing.clips] == [(None, "so good")]
    assert "line 3: has neither a path nor a text" in listing.problems[0].error


def test_json_lines_are_a_manifest(tmp_path):
    touch(tmp_path, "a.mp4")
    path = manifest(tmp_path, '{"path": "a.mp4", "label": 2, "start_s": 0.5}\nbroken\n', "clips.jsonl")
    listing = read_source(path)
    assert [(clip.clip_id, clip.label, clip.start_s) for clip in listing.clips] == [("a", "2", 0.5)]
    assert "is no JSON" in listing.problems[0].error


def test_columns_are_renamed(tmp_path):
    path = manifest(tmp_path, "path,Utterance,Sentiment\n,fine,positive\n")
    (clip,) = read_source(path, columns={"text": "Utterance", "label": "Sentiment"}).clips
    assert (clip.transcript.text, clip.label) == ("fine", "positive")


def test_a_timed_transcript_is_cut_to_the_segment(tmp_path):
    touch(tmp_path, "a.mp4")
    (tmp_path / "a.srt").write_text(
        "1\n00:00:01,000 --> 00:00:02,000\none\n\n2\n00:00:05,000 --> 00:00:06,000\ntwo\n"
    )
    path = manifest(tmp_path, "path,start_s,end_s\na.mp4,4,8\na.mp4,8,9\n")
    first, second = read_source(path).clips
    assert (first.transcript.text, first.transcript.cues[0].start_s) == ("two", 1.0)
    assert second.transcript is None


def test_a_transcript_without_times_is_not_spread_over_segments(tmp_path):
    touch(tmp_path, "a.mp4")
    (tmp_path / "a.txt").write_text("all of it")
    listing = read_source(manifest(tmp_path, "path,start_s,end_s\na.mp4,0,4\n"))
    assert listing.clips == ()
    assert "without times cannot be cut" in listing.problems[0].error


@pytest.mark.parametrize("segment", ["-1,2", "2,2", "3,2", "x,2", "nan,2"])
def test_a_segment_that_is_none_is_a_problem_of_its_row(tmp_path, segment):
    touch(tmp_path, "a.mp4")
    listing = read_source(manifest(tmp_path, f"path,start_s,end_s\na.mp4,{segment}\n"))
    assert listing.clips == ()
    assert "line 2" in listing.problems[0].error


@pytest.mark.parametrize("how", ["..", "absolute", "link", "folder link"])
def test_a_path_that_leaves_the_folder_of_the_manifest_is_refused(tmp_path, how):
    touch(tmp_path, "out.mp4", "in/a.mp4")
    inside = tmp_path / "in"
    (inside / "link.mp4").symlink_to(tmp_path / "out.mp4")
    (inside / "up").symlink_to(tmp_path)
    written = {
        "..": "../out.mp4",
        "absolute": str(tmp_path / "out.mp4"),
        "link": "link.mp4",
        "folder link": "up/out.mp4",
    }
    with pytest.raises(UsageError, match=r"line 2: the path .* leaves the manifest's folder"):
        read_source(manifest(inside, f"path\n{written[how]}\n"))
    assert ids(read_source(manifest(inside, f"path\n{inside / 'a.mp4'}\n"))) == ["a"]


def test_unusable_manifests_are_refused_in_one_line(tmp_path):
    for text, reason in [
        ("file,text\na,b\n", r"no column 'path' \(its columns: 'file', 'text'\)"),
        ("path,text\n", "names no clip"),
        ("", "is empty"),
    ]:
        with pytest.raises(UsageError, match=reason) as caught:
            read_source(manifest(tmp_path, text))
        assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_doubled_id_are_problems_and_the_rest_goes_on(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    listing = read_source(manifest(tmp_path, "path,id\nnone.mp4,x\na.mp4,y\nb.mp4,y\n"))
    assert ids(listing) == ["y"]
    assert "No such file" in listing.problems[0].error
    assert "two clips have the id 'y'" in listing.problems[1].error


FIELDS = st.sampled_from(
    ["", "a.mp4", "../a.mp4", "/etc/passwd", ".", "..", "a\0.mp4", "sub/", "nan", "-1", "1e999", "0.5", "x" * 300,
     "\n", "a.mp4/b", "~", "ünï😀"]
)  # fmt: skip
NAMES = ["path", "id", "text", "label", "split", "speaker", "video_id", "clip_id", "start_s", "end_s", "language"]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), FIELDS | st.text(max_size=6), max_size=6), max_size=4),
    st.booleans(),
)
def test_whatever_the_rows_each_is_a_clip_inside_the_folder_or_a_problem(tmp_path, rows, as_json):
    folder = tmp_path / "in"
    touch(tmp_path, "a.mp4", "in/a.mp4")
    if as_json:
        text, name = "\n".join(json.dumps(row) for row in rows), "fuzz.jsonl"
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, NAMES)
        writer.writeheader()
        writer.writerows(rows)
        text, name = out.getvalue(), "fuzz.csv"
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert_contained(path, folder)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.binary(max_size=60), st.sampled_from(["fuzz.csv", "fuzz.jsonl"]))
def test_whatever_the_bytes_of_a_manifest_it_is_read_or_refused_in_one_line(tmp_path, data, name):
    path = tmp_path / name
    text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    path.write_bytes(b"path,text\n" + text if name.endswith("csv") else text)
    assert_contained(path, tmp_path)


def assert_contained(path: Path, folder: Path) -> None:
    try:
        listing = read_source(path)
    except UsageError as error:
        assert "\n" not in str(error)
        return
    assert len(set(ids(listing))) == len(listing.clips)
    assert all("\n" not in problem.error for problem in listing.problems)
    for clip in listing.clips:
        assert clip.path is not None or clip.transcript is not None
        assert clip.path is None or clip.path.resolve().is_relative_to(folder.resolve())


def test_many_segments_of_one_recording_share_its_transcript(tmp_path):
    touch(tmp_path, "a.mp4")
    cues = "".join(
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\nw{n}\n\n" for n in range(600)
    )
    (tmp_path / "a.srt").write_text(cues)
    path = manifest(tmp_path, "path,start_s,end_s\n" + "".join(f"a.mp4,{n},{n + 1}\n" for n in range(600)))
    listing = read_source(path)
    assert [clip.transcript.text for clip in listing.clips] == [f"w{n}" for n in range(600)]


# dataset folders

LABELS_9 = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"


def test_an_mmsa_folder_gives_ids_labels_and_splits(tmp_path):
    touch(tmp_path, "Raw/v1/0001.mp4", "Raw/v1/2.aac", "Raw/v1/2.avi", "Raw/v 2/a.mp4")
    (tmp_path / "label.csv").write_text(
        LABELS_9
        + "v1,0001,Good.,1.0,1,1,1,Positive,train\nv1,2,Bad.,-1.0,,,,Negative,valid\nv 2,a,,0,,,,Neutral,test\n"
    )
    for source in (tmp_path, tmp_path / "label.csv"):
        clips = read_source(source).clips
        assert ids(Listing(clips)) == ["v1$_$0001", "v1$_$2", "v 2$_$a"]
        assert [clip.path.name for clip in clips] == ["0001.mp4", "2.avi", "a.mp4"]
        assert [clip.label for clip in clips] == ["1.0", "-1.0", "0"]
        assert [clip.split for clip in clips] == ["train", "valid", "test"]
        assert [clip.video_id for clip in clips] == ["v1", "v1", "v 2"]
        assert clips[2].transcript is None


@pytest.mark.parametrize(
    "header",
    [
        "video_id,clip_id,text,label,annotation,mode,label_by",
        "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode,annotation_T,annotation_A,annotation_V,x",
        "video_id,clip_id,text,label,mode",
    ],
)
def test_label_files_of_7_and_13_columns_are_read_by_name(tmp_path, header):
    touch(tmp_path, "Raw/v/1.mp4")
    values = {"video_id": "v", "clip_id": "1", "text": "Good.", "label": "0.5", "mode": "train"}
    line = ",".join(values.get(name, "") for name in header.split(","))
    (tmp_path / "label.csv").write_text(f"{header}\n{line}\n")
    (clip,) = read_source(tmp_path).clips
    assert (clip.clip_id, clip.label, clip.split, clip.transcript.text) == ("v$_$1", "0.5", "train", "Good.")


def test_another_label_column_can_be_chosen(tmp_path):
    touch(tmp_path, "Raw/v/1.mp4")
    (tmp_path / "label.csv").write_text(LABELS_9 + "v,1,Good.,1,,,,Positive,train\n")
    assert read_source(tmp_path, columns={"label": "annotation"}).clips[0].label == "Positive"


def test_rows_without_media_or_ids_and_doubled_rows_are_problems(tmp_path):
    touch(tmp_path, "Raw/v/1.mp4")
    (tmp_path / "label.csv").write_text(
        LABELS_9 + "v,1,a,1,,,,,train\nv,2,b,1,,,,,train\nv,,c,1,,,,,train\nv,1,d,1,,,,,train\n"
    )
    listing = read_source(tmp_path)
    assert ids(listing) == ["v$_$1"]
    assert [problem.error.split("; ")[-1] for problem in listing.problems] == [
        "put it there or remove the row",
        "fill them in",
        "rename one",
    ]


@pytest.mark.parametrize(("video_id", "clip_id"), [("..", "out"), ("../..", "x"), ("v", "../../out"), ("/etc", "x")])
def test_ids_that_lead_out_of_the_folder_are_refused(tmp_path, video_id, clip_id):
    touch(tmp_path, "set/Raw/v/1.mp4", "set/out.mp4", "out.mp4")
    (tmp_path / "set/label.csv").write_text(f"video_id,clip_id\n{video_id},{clip_id}\n")
    with pytest.raises(UsageError, match="lead out of the folder"):
        read_source(tmp_path / "set")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("clip_id,text\n1,x\n", "no column 'video_id'"), ("video_id,clip_id\n", "names no clip"), ("", "is empty")],
)
def test_unusable_label_files_are_refused(tmp_path, text, reason):
    (tmp_path / "label.csv").write_text(text)
    with pytest.raises(UsageError, match=reason):
        read_source(tmp_path)
