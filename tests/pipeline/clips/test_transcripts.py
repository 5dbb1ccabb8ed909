import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.clips.transcripts import cut_transcript, read_transcript, sidecars
from pipeline.errors import TranscriptError
from pipeline.words import MAX_WORDS, Cue, OtherCue, Transcript, TranscriptWord, plain_transcript

CUE = "00:00:00,000 --> 00:00:01,000\n"


def names(folder: Path) -> dict[str, str]:
    return {path.name.casefold(): path.name for path in folder.iterdir()}


def fill(folder: Path, *found: str) -> None:
    contents = {
        ".srt": f"1\n{CUE}srt\n",
        ".vtt": f"WEBVTT\n\n{CUE.replace(',', '.')}vtt\n",
        ".json": json.dumps({"segments": [{"start": 0, "end": 1, "text": "json"}]}),
        ".txt": "txt",
    }
    for name in found:
        (folder / name).write_text(contents[Path(name).suffix.lower()])


def sidecar(media: Path, found: dict[str, str]) -> Path | None:
    return next(sidecars(media, found), None)


def test_word_times_come_before_cue_times_before_none(tmp_path):
    fill(tmp_path, "talk.txt", "talk.srt", "talk.vtt", "talk.json")
    order = []
    while path := sidecar(tmp_path / "talk.mp4", names(tmp_path)):
        order.append(path.suffix)
        path.unlink()
    assert order == [".json", ".vtt", ".srt", ".txt"]


def test_case_and_a_kept_media_suffix_do_not_matter(tmp_path):
    fill(tmp_path, "talk.MP4.SRT")
    assert sidecar(tmp_path / "talk.MP4", names(tmp_path)) == tmp_path / "talk.MP4.SRT"
    assert sidecar(tmp_path / "other.mp4", names(tmp_path)) is None


def test_json_of_another_tool_is_no_transcript(tmp_path):
    fill(tmp_path, "talk.srt")
    (tmp_path / "talk.json").write_text('{"title": "a talk"}')
    assert sidecar(tmp_path / "talk.mp4", names(tmp_path)) == tmp_path / "talk.srt"


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".json", ".txt"])
def test_each_kind_is_read(tmp_path, suffix):
    fill(tmp_path, f"talk{suffix}")
    assert read_transcript(tmp_path / f"talk{suffix}").text == suffix[1:]


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(TranscriptError, match=r"unknown kind; use \.textgrid"):
        read_transcript(tmp_path / "talk.doc")


TIMED = Transcript(
    tuple(TranscriptWord(str(index), index * 1.0, index + 0.8) for index in range(6)),
    "en",
    (Cue(0.0, 2.8, 0, 3, "Ann"), Cue(3.0, 5.8, 3, 6, "Bo")),
)


def test_a_segment_keeps_the_words_whose_middle_lies_in_it_and_counts_from_its_start():
    cut = cut_transcript(TIMED, 1.5, 4.2)
    assert [(word.text, word.start_s, word.end_s) for word in cut.words] == [
        ("2", 0.5, pytest.approx(1.3)),
        ("3", 1.5, pytest.approx(2.3)),
    ]
    assert [(cue.first_word, cue.end_word, cue.speaker) for cue in cut.cues] == [(0, 1, "Ann"), (1, 2, "Bo")]
    assert [(cue.start_s, cue.end_s) for cue in cut.cues] == [(0.0, pytest.approx(1.3)), (1.5, pytest.approx(2.7))]


def test_words_without_times_go_with_their_cue():
    found = Transcript((TranscriptWord("a"), TranscriptWord("b")), "en", (Cue(0, 1, 0, 1), Cue(2, 3, 1, 2)))
    assert cut_transcript(found, 1.5, None).text == "b"


def test_what_others_say_is_cut_with_the_words_it_stands_beside():
    words = tuple(TranscriptWord(word) for word in ("one", "two", "three"))
    cues = tuple(Cue(float(at), at + 1.0, at // 2, at // 2 + 1, "Ann") for at in (0, 2, 4))
    others = tuple(
        OtherCue(at, at + 1.0, (TranscriptWord("hm"),), before) for at, before in ((1.0, 1), (3.0, 2), (5.0, 3))
    )
    found = cut_transcript(Transcript(words, "en", cues, others=others), 2.0, 5.2)
    assert found.text == "two three"
    assert found.others == (OtherCue(1.0, 2.0, (TranscriptWord("hm"),), 1),)


def test_a_transcript_without_times_cannot_be_cut():
    with pytest.raises(TranscriptError, match="without times cannot be cut"):
        cut_transcript(plain_transcript("one two"), 0.0, 1.0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 6), min_size=1, max_size=5))
@example([0.4, 3.4])
def test_segments_side_by_side_share_no_word_and_lose_none(cuts):
    edges = sorted({0.0, *cuts, 6.0})
    parts = [cut_transcript(TIMED, first, last) for first, last in pairwise(edges)]
    assert [word.text for part in parts for word in part.words] == [word.text for word in TIMED.words]
    for part, first in zip(parts, edges, strict=False):
        assert all(0 <= word.start_s <= word.end_s for word in part.words), first


@pytest.mark.parametrize(("suffix", "piece"), [("txt", "a "), ("srt", "a ")])
def test_more_words_than_anybody_says_are_refused_in_one_line(tmp_path, suffix, piece):
    path = tmp_path / f"endless.{suffix}"
    head = "1\n00:00:01,000 --> 00:00:02,000\n" if suffix == "srt" else ""
    path.write_text(head + piece * (MAX_WORDS + 1))
    with pytest.raises(TranscriptError, match="cut the recording") as caught:
        read_transcript(path)
    assert "\n" not in str(caught.value)


def test_a_number_at_the_end_of_the_last_cue_is_a_word(tmp_path):
    path = tmp_path / "film.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nSee you in\n2020\n2\n00:00:03,000 --> 00:00:04,000\nin\n1984\n"
    )
    assert read_transcript(path).text == "See you in 2020 in 1984"


@pytest.mark.parametrize(
    ("name", "content"), [("x.srt", ""), ("x.vtt", "WEBVTT\n\nNOTE x\n"), ("x.json", '{"segments": []}')]
)
def test_a_file_in_which_nobody_speaks_is_a_transcript_without_words(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    assert read_transcript(path).words == ()


def test_a_segment_without_words_is_written_as_its_language_is(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"language": "zh", "segments": [{"start": 0, "end": 2, "text": "今天我骑车"}]}')
    assert [word.text for word in read_transcript(path).words] == list("今天我骑车")


def test_words_without_times_between_words_with_them_stay_with_the_word_before():
    words = (TranscriptWord("a", 0.0, 1.0), TranscriptWord("b"), TranscriptWord("c", 2.0, 3.0))
    found = Transcript(words, problems=("damaged",))
    assert [cut_transcript(found, *span).text for span in ((0.0, 1.5), (1.5, 3.0))] == ["a b", "c"]
    assert cut_transcript(Transcript((TranscriptWord("b"), *words[2:])), 1.5, 3.0).text == "b c"
    assert cut_transcript(found, 0.0, 1.5).problems == ("damaged",)


def test_who_calls_the_file_knows_its_language_better_or_not(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"language": "en", "segments": [{"words": [{"word": "今天,", "start": 1, "end": 2}]}]}')
    assert [word.text for word in read_transcript(path, "zh").words] == ["今天,"]
    found = read_transcript(path, "zh", certain=True)
    assert found.language == "zh"
    assert [(word.text, word.start_s, word.end_s) for word in found.words] == [("今", 1.0, 1.5), ("天,", 1.5, 2.0)]
