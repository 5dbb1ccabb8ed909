"""The starter model: ships whole, is small, says of itself what it reads, and hands out sensible scores."""

import shutil

import pytest

import dmd.runs.starter as starter
from dmd.runs.checkpoint import load_run
from dmd.scoring import score_clips
from extractors.extraction import Extractor
from flows.reading import TextReader
from pipeline.clip import Clip
from pipeline.errors import FeatureMismatchError, ModelMissingError
from pipeline.words import plain_transcript

MOST_BYTES = 8_000_000


@pytest.fixture(scope="module")
def run():
    return load_run(starter.starter_run(), "cpu")


@pytest.fixture(scope="module")
def extractor():
    return Extractor()


@pytest.fixture(scope="module")
def reader(run):
    return TextReader(run.record.reading)


def said(extractor, text, language="en"):
    return extractor.extract(Clip("clip", None, plain_transcript(text, language), language=language))


def scored(run, reader, clip):
    *_, whole = score_clips(run, [reader.read(clip)])
    return whole


def test_it_ships_whole_small_and_with_its_card():
    assert starter.starter_status().state == "verified"
    assert sum(file.stat().st_size for file in starter.STARTER.rglob("*")) <= MOST_BYTES
    card = starter.CARD.read_text("utf-8")
    for chapter in ("Intended use", "Prohibited use", "Data and licence", "Figures", "Limits"):
        assert f"## {chapter}" in card


def test_it_holds_nothing_of_the_corpus_but_what_it_learned(run):
    assert run.record.splits == {} and run.record.reading is not None
    assert run.modalities == ("text",) and run.record.calibration is not None


def test_praise_stands_above_blame_and_every_row_says_that_only_words_were_read(run, reader, extractor):
    praise = scored(run, reader, said(extractor, "this was a wonderful film and I loved every minute of it"))
    blame = scored(run, reader, said(extractor, "this was a terrible film, boring and a complete waste of time"))
    assert praise.score > 0.7 and blame.score < -0.7
    assert praise.modalities == ("text",) and "text_only_model" in praise.flags
    assert -3 <= praise.score_low < praise.score < praise.score_high <= 3


def test_capitals_and_punctuation_change_no_score_and_raise_no_flag(run, reader, extractor):
    forms = ("IT COULDVE BEEN A LOT BETTER", "it could've been a lot better", "It could’ve been a lot better!")
    rows = [scored(run, reader, said(extractor, text)) for text in forms]
    assert len({row.score for row in rows}) == 1
    assert all("transcript_style_shift" not in row.flags for row in rows)


def test_a_transcript_of_another_language_is_flagged(run, reader, extractor):
    row = scored(run, reader, said(extractor, "das war ein wunderbarer Film", "de"))
    assert "language_unsupported" in row.flags


def test_words_that_were_not_read_in_its_form_are_refused(run, extractor):
    with pytest.raises(FeatureMismatchError, match="of plain text"):
        list(score_clips(run, [said(extractor, "a fine film")]))


def test_a_damaged_or_missing_model_is_named_with_the_command_that_mends_it(tmp_path, monkeypatch):
    copy = tmp_path / "starter"
    shutil.copytree(starter.STARTER, copy)
    weights = copy / "seed-1" / "model.safetensors"
    monkeypatch.setattr(starter, "STARTER", copy)
    monkeypatch.setattr(starter, "WEIGHTS", weights)
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelMissingError, match="is damaged; run `pip install"):
        starter.starter_run()
    weights.unlink()
    with pytest.raises(ModelMissingError, match="is missing"):
        starter.starter_run()
