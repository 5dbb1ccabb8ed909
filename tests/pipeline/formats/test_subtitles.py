from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import TranscriptError
from pipeline.formats.subtitles import read_srt, read_vtt
from pipeline.words import Transcript

SRT = """1
00:00:01,000 --> 00:00:02,500
I <i>really</i> love
it &amp; you.

2
00:01:00.250 --> 01:00:03,5 X1:0
{\\an8}- Never!

"""

VTT = """WEBVTT - a title

NOTE nothing of
this counts --

STYLE
::cue { color: red }

first
00:01.000 --> 00:02.000 align:start position:0%
<v Ann>Hello <b>there</b>.</v>

00:03.000 --> 01:00:04.000
<v.loud Bo Li>Go away!</v><v Ann>No.

REGION
id:x
"""


def read(tmp_path: Path, text: str, suffix: str = "srt", **encoding: str) -> Transcript:
    path = tmp_path / f"talk.{suffix}"
    path.write_text(text, newline="", **(encoding or {"encoding": "utf-8"}))
    return read_srt(path) if suffix == "srt" else read_vtt(path)


def test_a_subrip_file_gives_words_without_markup_and_cues_with_times(tmp_path):
    found = read(tmp_path, SRT)
    assert found.text == "I really love it & you. - Never!"
    assert [(cue.start_s, cue.end_s, cue.first_word, cue.end_word) for cue in found.cues] == [
        (1.0, 2.5, 0, 6),
        (60.25, 3603.5, 6, 8),
    ]
    assert all(word.start_s is None for word in found.words)


def test_a_webvtt_file_gives_speakers(tmp_path):
    found = read(tmp_path, VTT, "vtt")
    said = [
        (cue.speaker, " ".join(word.text for word in found.words[cue.first_word : cue.end_word]))
        for cue in found.cues
    ]
    assert said == [("Ann", "Hello there."), ("Bo Li", "Go away!"), ("Ann", "No.")]
    assert found.cues[1].start_s == found.cues[2].start_s == 3.0


def test_time_stamps_inside_a_cue_time_its_words(tmp_path):
    text = "WEBVTT\n\n00:01.000 --> 00:03.000\none<00:01.500><c> two</c><00:02.000><c> three four</c>\n"
    found = read(tmp_path, text, "vtt")
    assert [(word.text, word.start_s, word.end_s) for word in found.words] == [
        ("one", 1.0, 1.5),
        ("two", 1.5, 2.0),
        ("three", None, None),
        ("four", None, None),
    ]


def test_a_rolling_caption_says_each_line_once(tmp_path):
    text = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\nwe<00:01.000><c> met</c>\n\n"
        "00:02.000 --> 00:02.010\nwe met\n\n"
        "00:02.010 --> 00:04.000\nwe met\nin<00:03.000><c> May</c>\n"
    )
    assert read(tmp_path, text, "vtt").text == "we met in May"


def test_speaker_labels_of_whisperx_are_read(tmp_path):
    found = read(tmp_path, "1\n00:00:00,000 --> 00:00:01,000\n[SPEAKER_01]: Good day\n")
    assert (found.text, found.cues[0].speaker) == ("Good day", "SPEAKER_01")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_newline_and_usual_encoding_is_read(tmp_path, newline, encoding):
    text = "1\n00:00:00,000 --> 00:00:01,000\nÇa va, “Zoë”?\n".replace("\n", newline)
    assert read(tmp_path, text, encoding=encoding).text == "Ça va, “Zoë”?"


def test_cues_without_blank_lines_or_numbers_between_them_are_told_apart(tmp_path):
    text = "1\n00:00:00,000 --> 00:00:01,000\none\n2\n00:00:01,000 --> 00:00:02,000\ntwo\n\nstill two\n"
    found = read(tmp_path, text)
    assert [cue.end_word for cue in found.cues] == [1, 4]
    assert found.text == "one two still two"


def test_a_less_than_sign_is_no_markup(tmp_path):
    assert read(tmp_path, "1\n00:00:00,000 --> 00:00:01,000\nI <3 you > 5\n").text == "I <3 you > 5"


def test_cues_out_of_order_are_put_in_order(tmp_path):
    text = "2\n00:00:05,000 --> 00:00:06,000\nlast\n\n1\n00:00:01,000 --> 00:00:02,000\nfirst\n"
    assert read(tmp_path, text).text == "first last"


@pytest.mark.parametrize(
    ("text", "suffix", "reason"),
    [
        ("just some text", "srt", "holds text but no cue"),
        ("1\n00:00:01 -> 2 --> 3\nx\n", "srt", r"malformed time line.*line 2"),
        ("1\n00:00:02,000 --> 00:00:01,000\nx\n", "srt", "ends before it starts"),
        ("\0\0\0", "srt", "is binary"),
        ("1\n00:00:00.000 --> 00:00:01.000\nx\n", "vtt", "does not begin with WEBVTT"),
    ],
)
def test_malformed_subtitles_are_refused_in_one_line(tmp_path, text, suffix, reason):
    with pytest.raises(TranscriptError, match=reason) as caught:
        read(tmp_path, text, suffix)
    assert "\n" not in str(caught.value)


def cue(second: int, *lines: str) -> str:
    return "\n".join((f"00:00:0{second},000 --> 00:00:0{second + 1},000", *lines)) + "\n"


def test_a_file_without_counters_loses_no_number(tmp_path):
    text = cue(1, "See you in", "2020") + "\n" + cue(3, "or", "2021") + cue(5, "7")
    assert read(tmp_path, text).text == "See you in 2020 or 2021 7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\n" + cue(1, "bye") + "\n2\n", "bye"),  # cut off behind a counter
        ("1\n" + cue(1, "in") + "\n1984\n", "in 1984"),
        ("1\n" + cue(1, "in", "2"), "in 2"),
        ("1\n" + cue(1, "42") + "2\n" + cue(3, "x"), "42 x"),
        ("1\n" + cue(1, "42") + cue(3, "x"), "42 x"),  # a counter is missing
        ("1\n" + cue(1) + "2\n" + cue(3, "x"), "x"),  # nobody speaks in the first
        ("7\n" + cue(1, "a") + "\n12\n" + cue(3, "b"), "a b"),  # numbered anew by nobody
        ("1\n\n" + cue(1, "", "a", "", "2020", "") + "2\n\n" + cue(3, "", "b"), "a 2020 b"),  # every second line
        ("1\n" + cue(1, "a", "2020") + "\n" + cue(3, "b"), "a 2020 b"),
    ],
)
def test_counters_are_no_words_and_numbers_are(tmp_path, text, said):
    assert read(tmp_path, text).text == said


@pytest.mark.parametrize("damaged", ["00:00:03,000 --> ??", "00:00:09,000 --> 00:00:03,000", "00:03 -> --> 4"])
def test_a_cue_with_damaged_times_keeps_its_words_and_says_so(tmp_path, damaged):
    text = f"1\n{cue(1, 'one')}\n2\n{damaged}\ntwo words\n\n3\n{cue(5, 'three')}"
    found = read(tmp_path, text)
    assert found.text == "one two words three"
    assert [(cue.first_word, cue.end_word) for cue in found.cues] == [(0, 1), (3, 4)]
    assert len(found.problems) == 1 and "line 6" in found.problems[0]
    assert not read(tmp_path, SRT).problems


def test_words_before_the_first_time_line_are_kept_too(tmp_path):
    found = read(tmp_path, "1\nHello\n\n2\n" + cue(1, "you"))
    assert found.text == "Hello you" and "first time line" in found.problems[0]


def test_captions_that_roll_below_a_line_of_blanks_keep_their_first_words(tmp_path):
    path = tmp_path / "talk.vtt"
    path.write_text(
        "WEBVTT\n\n00:00.000 --> 00:02.000\n \nAnd<00:00:00.600><c> so</c>\n\n00:02.000 --> 00:02.010\nAnd so\n \n\n"
        "00:02.010 --> 00:04.000\nAnd so\nmy<00:00:03.000><c> friend</c>\n"
    )
    assert [(word.text, word.start_s) for word in read_vtt(path).words] == [
        ("And", 0.0),
        ("so", 0.6),
        ("my", 2.01),
        ("friend", 3.0),
    ]


def test_an_arrow_in_what_is_said_is_no_time_line(tmp_path):
    assert read(tmp_path, "1\n" + cue(1, "from A --> B", "at 10 --> 12")).text == "from A --> B at 10 --> 12"


def test_names_in_front_of_lines_are_speakers_and_no_words(tmp_path):
    text = "1\n" + cue(1, "JOHN: Hello", "MARY ANN: - Oh!") + "\n2\n" + cue(3, "- JOHN: Bye.") + cue(5, "Ann: no")
    found = read(tmp_path, text)
    assert found.text == "Hello - Oh! Bye. Ann: no"
    assert [cue.speaker for cue in found.cues] == ["JOHN", "MARY ANN", "JOHN", None]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("NOTE: all is lost",), "NOTE: all is lost"),
        (("Listen: he lies", "I said: go", "Listen: again"), "Listen: he lies I said: go Listen: again"),
        (("Ann: yes", "Bob: no", "Ann: yes", "Bob: no"), "yes no yes no"),
        (("AT 10:30", "AT 10:40"), "AT 10:30 AT 10:40"),
        (("Q: why?", "A: why not?"), "why? why not?"),
        (("A: the first", "is it?"), "A: the first is it?"),
        (("Ann: yes", "Bob: no", "Ann: well"), "yes no well"),
        (("Ann: yes", "and so on", "Bob: no", "Ann: well"), "Ann: yes and so on Bob: no Ann: well"),
    ],
)
def test_what_only_looks_like_a_name_is_said(tmp_path, lines, said):
    assert read(tmp_path, "1\n" + cue(1, *lines)).text == said


PIECES = st.sampled_from(
    ["WEBVTT\n", "\n", "\n\n", "00:00:01,000 --> 00:00:02,000\n", "99:59:59.999 --> 0:0", "-->", "<v Ann>", "</v>",
     "<00:00:01.500>", "<c>", "NOTE ", "STYLE\n", "1\n", "word ", "&lt;", "{\\an8}", "\r\n", "\ufeff", "<", "\u2028"]
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES | st.text(max_size=12), max_size=30).map("".join), st.sampled_from(["srt", "vtt"]))
def test_whatever_the_text_it_is_a_sound_transcript_or_one_clear_error(tmp_path, text, suffix):
    path = tmp_path / f"fuzz.{suffix}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = read_srt(path) if suffix == "srt" else read_vtt(path)
    except TranscriptError as error:
        assert "\n" not in str(error)
        return
    assert_sound(found)


def assert_sound(found: Transcript) -> None:
    """Words are words, cues are stretches of time that follow each other in words."""
    assert all(word.text and len(word.text.split()) == 1 for word in found.words)
    assert all(word.start_s is None or 0 <= word.start_s <= word.end_s for word in found.words)
    assert all(0 <= cue.start_s <= cue.end_s and cue.first_word < cue.end_word for cue in found.cues)
    assert all(first.end_word <= second.first_word for first, second in pairwise(found.cues))
    assert not found.cues or found.cues[-1].end_word <= len(found.words)
