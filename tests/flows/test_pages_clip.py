import json
import re
from dataclasses import replace

import numpy as np
import pytest

from flows.pages import write_clip_page
from flows.pages.clip_view import clip_view
from flows.pages.dictionary import known_columns
from flows.pages.facts import clip_facts, spoken_s
from flows.pages.flags import FLAG_MEANINGS
from flows.pages.lanes import MAX_POINTS, curve, lanes, missing, times, unsure
from flows.pages.scores import NO_SCORES, by_clip
from pipeline.aligned import FLAGS, Segment
from pipeline.track import FeatureTrack, WordFeatures, empty_track
from pipeline.words import Word
from tests.flows.page_material import make_clip, score_row


def track(times_s, values, valid=None, name="level_dba"):
    values = np.asarray(values, np.float32)[:, None]
    valid = np.ones(values.shape, bool) if valid is None else np.asarray(valid)[:, None]
    return FeatureTrack(np.where(valid, values, 0).astype(np.float32), np.asarray(times_s, float), valid, (name,))


def test_every_flag_has_a_meaning_and_no_other():
    assert tuple(FLAG_MEANINGS) == FLAGS


def test_a_curve_keeps_its_values_and_its_gaps():
    assert curve(track([0, 1, 2], [1.5, 9.0, -2.0], [True, False, True]), "level_dba") == [1.5, None, -2.0]


def test_a_long_curve_is_averaged_over_equal_stretches_of_known_values():
    frames = 2 * MAX_POINTS
    values, valid = np.tile([1.0, 3.0], MAX_POINTS), np.ones(frames, bool)
    valid[[0, 2, 3]] = False
    clip = replace(make_clip(), native={"audio": track(np.arange(frames) * 0.01, values, valid)})
    found = curve(clip.native["audio"], "level_dba")
    assert len(found) == MAX_POINTS == len(times(clip)["audio"])
    assert found[:3] == [3.0, None, 2.0]
    assert times(clip)["audio"][:2] == pytest.approx([0.005, 0.025])


def test_missing_stretches_are_those_no_present_frame_speaks_for():
    face = track(np.arange(0, 4, 0.1), np.ones(40), (np.arange(40) < 10) | (np.arange(40) >= 20), "smile_left")
    clip = replace(make_clip(), native={"face": face}, duration_s=4.0)
    # Frame 9 stands at 0.9 s and speaks until 0.95; frame 20 at 2.0 s from 1.95 on.
    assert missing(clip) == {"face": [[0.95, 1.95]]}


def test_a_modality_that_is_not_there_is_missing_throughout():
    clip = replace(make_clip(), native={"face": empty_track(("smile_left",))})
    assert missing(clip) == {"face": [[0.0, clip.duration_s]]}
    assert lanes(clip, {}) == []


def test_doubtful_faces_are_stretches_too():
    face = track([0.0, 0.5, 1.0, 1.5], [0, 1, 1, 0], name="face_unsure")
    assert unsure(replace(make_clip(), native={"face": face})) == {"face": [[0.25, 1.25]]}


def test_lanes_have_the_units_of_our_columns():
    found = {lane["title"]: lane for lane in lanes(make_clip(), known_columns())}
    assert (found["Pitch"]["unit"], found["Head"]["unit"], found["Level"]["unit"]) == ("semitone", "deg", "dB")
    assert [series["label"] for series in found["Smile"]["series"]] == ["smile_left", "smile_right"]


def test_columns_of_another_tool_are_shown_as_they_are():
    clip = replace(make_clip(), native={"audio": track([0, 1], [1, 2], name="covarep_17")})
    assert [(lane["title"], lane["series"][0]["label"]) for lane in lanes(clip, {})] == [
        ("audio columns", "covarep_17")
    ]


def test_facts_of_a_clip_count_what_is_there():
    clip = make_clip(words=("one", "two"), hole=(0.0, 0.96))
    facts = clip_facts(clip)
    assert (facts.words, facts.segments, facts.rungs) == (2, 1, ("strict",))
    frames = clip.native["face"].times_s
    assert facts.face_share == pytest.approx((frames >= 0.96).mean())
    assert facts.speech_share == pytest.approx(0.8 / clip.duration_s)
    assert facts.audio_share == pytest.approx(1.0, abs=0.01)


def test_overlapping_words_are_spoken_once():
    words = [Word("a", 0.0, 1.0, 1.0, "given"), Word("b", 0.5, 2.0, 1.0, "given"), Word("c", 3.0, 3.5, 1.0, "given")]
    assert spoken_s(words) == pytest.approx(2.5)


def test_a_clip_without_media_has_facts_too():
    words = (Word("only", 0.0, 0.0, 0.0, "untimed"), Word("text", 0.0, 0.0, 0.0, "untimed"))
    empty = WordFeatures(np.zeros((2, 1), np.float32), np.zeros((2, 1), bool), ("x",))
    clip = replace(
        make_clip(words=("only", "text")),
        words=words,
        audio=empty,
        face=empty,
        native={"audio": empty_track(("x",)), "face": empty_track(("x",))},
        duration_s=0.0,
        segments=(Segment(0, 2, 0.0, 0.0),),
    )
    facts = clip_facts(clip)
    assert (facts.face_share, facts.audio_share, facts.speech_share, facts.confidence) == (None, None, None, None)
    assert facts.missing == (0.0, 1.0, 1.0)
    assert clip_view(clip)["lanes"] == []


def test_words_take_the_score_of_their_segment():
    clip = make_clip(segments=2)
    half = len(clip.words) // 2
    rows = [score_row(clip, 1.0, "0", word_contributions=[0.25] * half), score_row(clip, -1.0, "1")]
    words = clip_view(clip, by_clip(rows)["clip"])["words"]
    assert [word[5] for word in words] == [1.0] * half + [-1.0] * half
    assert [word[6] for word in words] == [0.25] * half + [None] * half


def test_the_clip_s_own_score_colours_words_when_there_is_no_other():
    clip = make_clip(segments=2)
    words = clip_view(clip, by_clip([score_row(clip, 0.5)])["clip"])["words"]
    assert {word[5] for word in words} == {0.5}


def test_pauses_are_no_words_on_the_page():
    clip = make_clip(words=("one", "", "two"))
    words = (clip.words[0], replace(clip.words[1], rung="pause"), clip.words[2])
    assert [word[0] for word in clip_view(replace(clip, words=words))["words"]] == ["one", "two"]


def test_a_page_of_a_clip_holds_its_words_and_nothing_of_others(tmp_path):
    clip = make_clip("a <clip>", words=("<b>", "\ud800 odd", "&amp;"))
    out = write_clip_page(clip, tmp_path / "clip.html", [score_row(clip, 1.0), score_row(make_clip("other"), -3.0)])
    text = out.read_text("utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S).group(1))
    assert [word[0] for word in data["clips"][0]["words"]] == ["<b>", "\ud800 odd", "&amp;"]
    assert data["clips"][0]["score"]["value"] == 1.0
    assert "<b>" not in text
    assert "a &lt;clip&gt;" in text


def test_without_scores_there_are_none():
    assert clip_view(make_clip(), NO_SCORES)["score"] is None
