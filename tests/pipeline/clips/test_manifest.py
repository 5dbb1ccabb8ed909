import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.sources import read_source
from tests.pipeline.source_making import ids, manifest, touch


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


def test_the_language_that_a_row_states_wins_over_that_of_a_transcript(tmp_path):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "a.json").write_text('{"language": "en", "segments": [{"start": 0, "end": 1, "text": "ja klar"}]}')
    (tmp_path / "m.csv").write_text("path,id,language\na.mp4,said,de\na.mp4,unsaid,\n")
    said, unsaid = read_source(tmp_path / "m.csv").clips
    assert (said.language, said.transcript.language) == ("de", "de")
    assert (unsaid.language, unsaid.transcript.language) == ("en", "en")


def test_a_speaker_who_is_silent_in_a_segment_gets_no_words_of_others(tmp_path):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "a.vtt").write_text(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>hello\n\n00:05.000 --> 00:06.000\n<v Bob>good bye\n"
    )
    (tmp_path / "m.csv").write_text("path,id,speaker,start_s,end_s\na.mp4,x,Ann,4,7\na.mp4,y,Bob,4,7\n")
    ann, bob = read_source(tmp_path / "m.csv").clips
    assert ann.transcript is None
    assert bob.transcript.text == "good bye"


def test_the_language_of_a_row_decides_what_a_word_is(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    for name in "ab":
        spoken = {"language": "en", "segments": [{"start": 0, "end": 2, "text": "今天"}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(spoken))
    path = manifest(tmp_path, "path,language\na.mp4,Chinese\nb.mp4,\n")
    first, second = read_source(path, language="zh").clips
    assert (first.language, first.transcript.text) == ("zh", "今 天")
    assert (second.language, second.transcript.text) == ("en", "今天"), "an option does not go before a file"
