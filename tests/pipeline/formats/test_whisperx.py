import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import TranscriptError
from pipeline.formats.whisperx import read_whisperx
from pipeline.words import Transcript
from tests.pipeline.formats.test_subtitles import assert_sound

TALK = {
    "language": "de",
    "segments": [
        {
            "start": 0.5,
            "end": 2.0,
            "text": " Hallo 42 Welt",
            "speaker": "SPEAKER_00",
            "words": [
                {"word": "Hallo", "start": 0.5, "end": 0.9, "score": 0.87, "speaker": "SPEAKER_00"},
                {"word": "42"},
                {"word": "Welt", "start": 1.5, "end": 2.0, "score": 1.3, "speaker": "SPEAKER_01"},
            ],
        },
        {"start": 2.5, "end": 3.0, "text": "nur Text"},
    ],
    "word_segments": [],
}


def read(tmp_path: Path, content: object) -> Transcript:
    path = tmp_path / "talk.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_whisperx(path)


def test_words_have_their_times_and_confidences(tmp_path):
    found = read(tmp_path, TALK)
    assert [(word.text, word.start_s, word.end_s, word.confidence) for word in found.words] == [
        ("Hallo", 0.5, 0.9, 0.87),
        ("42", None, None, None),
        ("Welt", 1.5, 2.0, 1.0),
        ("nur", None, None, None),
        ("Text", None, None, None),
    ]
    assert found.language == "de"


def test_a_segment_is_a_cue_for_each_speaker_in_it(tmp_path):
    cues = read(tmp_path, TALK).cues
    assert [(cue.speaker, cue.first_word, cue.end_word) for cue in cues] == [
        ("SPEAKER_00", 0, 2),
        ("SPEAKER_01", 2, 3),
        (None, 3, 5),
    ]
    assert (cues[1].start_s, cues[1].end_s) == (1.5, 2.0)
    assert (cues[2].start_s, cues[2].end_s) == (2.5, 3.0)


def test_word_segments_alone_are_enough(tmp_path):
    found = read(tmp_path, {"word_segments": [{"word": " Yes", "start": 1, "end": 2}]})
    assert [(word.text, word.start_s, word.end_s) for word in found.words] == [("Yes", 1.0, 2.0)]


def test_words_that_end_before_they_start_have_no_times_and_the_others_keep_theirs(tmp_path):
    entries = [
        {"word": "a", "start": 1, "end": 2},
        {"word": "b", "start": 3, "end": 2},
        {"word": "c", "start": -1, "end": 1},
    ]
    found = read(tmp_path, {"segments": [{"start": 1, "end": 4, "words": entries}]})
    assert [(word.text, word.start_s) for word in found.words] == [("a", 1.0), ("b", None), ("c", None)]
    assert (found.cues[0].start_s, found.cues[0].end_s) == (1.0, 4.0)
    assert found.problems == (
        "[3.0, 2.0) s of word 'b' is not a stretch of time, and 1 more; what is said there has no times",
    )


def test_numbers_in_quotes_are_numbers(tmp_path):
    found = read(tmp_path, {"word_segments": [{"word": "Yes", "start": "1.25", "end": " 2 ", "score": "0.5"}]})
    assert [(word.start_s, word.end_s, word.confidence) for word in found.words] == [(1.25, 2.0, 0.5)]


def test_an_entry_of_several_words_has_no_times(tmp_path):
    found = read(tmp_path, {"segments": [{"words": [{"word": "New York", "start": 1, "end": 2}]}]})
    assert [(word.text, word.start_s) for word in found.words] == [("New", None), ("York", None)]


@pytest.mark.parametrize(
    ("stated", "tag"),
    [
        ("german", "de"),
        ("Chinese", "zh"),
        ("de-AT", "de-AT"),
        ("", "en"),
        ("deu", "de"),
        ("eng_US", "en-US"),
        (" Franc\u0327ais ", "fr"),
        ("tlh", "tlh"),
    ],
)
def test_a_language_may_be_stated_by_its_name(tmp_path, stated, tag):
    assert read(tmp_path, {**TALK, "language": stated}).language == tag


def test_an_entry_in_a_language_without_blanks_is_shared_out(tmp_path):
    entry = {"word": "今天我", "start": 1.0, "end": 2.5, "score": 0.5}
    found = read(tmp_path, {"language": "zh", "segments": [{"words": [entry]}]})
    assert [(word.text, word.start_s, word.end_s, word.confidence) for word in found.words] == [
        ("今", 1.0, 1.5, 0.5),
        ("天", 1.5, 2.0, 0.5),
        ("我", 2.0, 2.5, 0.5),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{not json", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1, 2]", "no `segments`"),
        ({"text": "x"}, "no `segments`"),
        ({"segments": "x"}, "no list of objects"),
        ({"segments": [7]}, "no list of objects"),
        ({"segments": [{"text": 7}]}, "`text` is no text"),
        ({"segments": [{"words": [{"word": 7}]}]}, "`word` is no text"),
        ({"segments": [{"words": [{"word": "x", "start": "1e5 s", "end": 2}]}]}, "no usable number"),
        ('{"segments": [{"words": [{"word": "x", "start": NaN, "end": 2}]}]}', "no usable number"),
        ({"segments": [{"words": [{"word": "x", "start": 10**400, "end": 2}]}]}, "no usable number"),
    ],
)
def test_malformed_files_are_refused_in_one_line(tmp_path, content, reason):
    with pytest.raises(TranscriptError, match=reason) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["segments", "word_segments", "words", "word", "text", "start", "end", "score", "speaker"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES | st.fixed_dictionaries({"segments": st.lists(VALUES, max_size=3)}))
def test_whatever_the_json_it_is_a_sound_transcript_or_one_clear_error(tmp_path, content):
    try:
        found = read(tmp_path, content)
    except TranscriptError as error:
        assert "\n" not in str(error)
    else:
        assert_sound(found)
