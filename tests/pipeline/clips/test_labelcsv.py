import pytest

from pipeline.errors import UsageError
from pipeline.sources import Listing, read_source
from tests.pipeline.source_making import ids, touch

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


def test_a_speaker_column_selects_the_words_of_a_sidecar_and_groups_the_clips(tmp_path):
    touch(tmp_path, "Raw/v/1.mp4")
    (tmp_path / "Raw/v/1.vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>Good morning\n\n00:01.000 --> 00:02.000\n<v Bob>Oh dear\n"
    )
    for speaker, said in (("Ann", "Good morning"), ("bob", "Oh dear"), ("somebody", "Good morning Oh dear")):
        (tmp_path / "label.csv").write_text(f"video_id,clip_id,label,speaker\nv,1,0.5,{speaker}\n")
        (clip,) = read_source(tmp_path).clips
        assert (clip.speaker, clip.transcript.text) == (speaker, said)


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
