from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import TranscriptError
from pipeline.formats.textgrid import read_textgrid
from pipeline.words import Transcript
from tests.pipeline.formats.test_subtitles import assert_sound

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.5
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.0
            text = "say"
        intervals [3]:
            xmin = 1.0
            xmax = 1.25
            text = "sp"
        intervals [4]:
            xmin = 1.25
            xmax = 2.5
            text = QUOTED
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 2.5
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 2.5
            text = "s"
    item [3]:
        class = "TextTier"
        name = "marks"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 1
            mark = "x"
"""

SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
2
<exists>
2
"IntervalTier"
"Ann - words"
0
2
2
0 1 "one" ! a comment
1 2 ""
"IntervalTier"
"Bo - words"
0
2
1
1.5 2 "two"
"""


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Transcript:
    path = tmp_path / "talk.TextGrid"
    path.write_text(text, encoding=encoding)
    return read_textgrid(path)


def test_the_words_tier_of_the_long_form_is_read_without_its_silences(tmp_path):
    found = read(tmp_path, LONG.replace("QUOTED", '"""no"""'))
    assert [(word.text, word.start_s, word.end_s) for word in found.words] == [("say", 0.5, 1.0), ('"no"', 1.25, 2.5)]


def test_a_tier_for_each_speaker_gives_cues_with_speakers(tmp_path):
    found = read(tmp_path, SHORT)
    assert found.text == "one two"
    assert [(cue.speaker, cue.start_s, cue.end_s) for cue in found.cues] == [("Ann", 0.0, 1.0), ("Bo", 1.5, 2.0)]


def test_utf_16_as_praat_writes_it_is_read(tmp_path):
    assert read(tmp_path, SHORT.replace("one", "été"), "utf-16").text == "été two"


def test_an_interval_of_several_words_bounds_them_as_a_cue(tmp_path):
    text = SHORT.replace('"one"', '"one more time"')
    found = read(tmp_path, text)
    assert [word.start_s for word in found.words] == [None, None, None, 1.5]
    assert (found.cues[0].start_s, found.cues[0].end_s, found.cues[0].end_word) == (0.0, 1.0, 3)


def test_a_tier_of_another_name_is_read_if_it_is_the_only_one(tmp_path):
    text = SHORT.replace("<exists>\n2", "<exists>\n1").replace("Ann - words", "Mary")
    assert read(tmp_path, text).text == "one"


@pytest.mark.parametrize(("first", "second"), [("ORT-MAU", "Bo"), ("words", "utterance"), ("Sentence", "phones")])
def test_tiers_that_are_named_after_what_they_hold_are_read(tmp_path, first, second):
    text = SHORT.replace("Ann - words", first).replace("Bo - words", second)
    assert read(tmp_path, text).text == "one"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends in the middle"),
        ("hello", "ends in the middle"),
        ('"a" "b"', "is no TextGrid"),
        (SHORT[:120], "ends in the middle"),
        (SHORT.replace(" - words", ""), "no tier named 'words'"),
        (SHORT.replace("1.5 2", "2.5 2"), "not a stretch of time"),
        (SHORT.replace("1.5 2", '"x" 2'), "where a number must stand"),
        (SHORT.replace('"IntervalTier"', '"Strange"', 1), "unknown kind"),
        (SHORT.replace("<exists>\n2", "<exists>\n1e300"), "ends in the middle"),
        (SHORT.replace("<exists>\n2", "<exists>\n-1"), "where a count must stand"),
    ],
)
def test_malformed_files_are_refused_in_one_line(tmp_path, text, reason):
    with pytest.raises(TranscriptError, match=reason) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_an_interval_in_a_language_without_blanks_is_shared_out(tmp_path):
    path = tmp_path / "x.TextGrid"
    path.write_text(SHORT.replace("one", "今天"), encoding="utf-8")
    found = read_textgrid(path, "zh").words
    assert [(word.text, word.start_s, word.end_s) for word in found[:2]] == [("今", 0.0, 0.5), ("天", 0.5, 1.0)]


PIECES = st.sampled_from(
    [SHORT[:64], SHORT[:90], "0 ", "2 ", "1e308 ", "-1 ", "<exists> ", '"IntervalTier" ', '"words" ', '"x y" ', '"',
     "! no\n", "[1]: ", '"TextTier" ', "1 ", "\n"]
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES | st.text(max_size=6), max_size=40).map("".join))
def test_whatever_the_text_it_is_a_sound_transcript_or_one_clear_error(tmp_path, text):
    path = tmp_path / "fuzz.TextGrid"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = read_textgrid(path)
    except TranscriptError as error:
        assert "\n" not in str(error)
    else:
        assert_sound(found)
