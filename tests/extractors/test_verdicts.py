"""No column goes out by default without a verdict, and every verdict follows the rule."""

import pytest

from extractors.face import FaceConfig, FaceExtractor
from extractors.faces.columns import all_columns
from extractors.verdicts import Judgement, judgements, verdict_of
from extractors.voice.columns import audio_columns
from extractors.voice.config import AudioConfig
from extractors.word_rhythm import word_columns

DEFAULT = {
    "audio": (*audio_columns(AudioConfig()), *word_columns()),
    "face": all_columns(blendshapes=False),
}
EVERY = {
    "audio": (*audio_columns(AudioConfig(include_unstable=True)), *word_columns()),
    "face": all_columns(blendshapes=False, include_unstable=True),
}


@pytest.mark.parametrize("modality", DEFAULT)
def test_every_default_column_was_measured_and_holds(modality):
    assert {column.verdict for column in DEFAULT[modality]} <= {"stable", "sensitive"}


@pytest.mark.parametrize("modality", EVERY)
def test_the_record_knows_exactly_the_columns_there_are(modality):
    assert set(judgements(modality)) == {column.name for column in EVERY[modality]}


@pytest.mark.parametrize("modality", EVERY)
def test_recorded_verdicts_follow_the_rule(modality):
    for name, found in judgements(modality).items():
        by_drift = verdict_of(found.worst_drift, 1.0)
        assert found.verdict in {by_drift, "unstable"}, name


@pytest.mark.parametrize(
    ("follows", "said"),
    [(True, "stable (0.30, room)"), (False, "stable (0.30, room); response not monotonic"),
     (None, "stable (0.30, room); response not tested")],
)  # fmt: skip
def test_a_stable_column_that_nothing_moves_says_so(follows, said):
    assert str(Judgement("stable", 0.3, "room", follows)) == said


@pytest.mark.parametrize(
    ("drift", "kept", "verdict"),
    [(0.0, 1.0, "stable"), (0.5, 0.8, "stable"), (0.51, 1.0, "sensitive"), (1.0, 1.0, "sensitive"),
     (1.01, 1.0, "unstable"), (0.1, 0.79, "unstable")],
)  # fmt: skip
def test_the_rule(drift, kept, verdict):
    assert verdict_of(drift, kept) == verdict


def test_unstable_columns_come_back_when_asked_for():
    given = FaceExtractor(FaceConfig(include_unstable=True)).columns
    assert [column.name for column in given] == [column.name for column in EVERY["face"]]
    assert len(given) > len(FaceExtractor().columns)
