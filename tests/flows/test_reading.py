"""Scoring without a model of one's own: the words of a store are read in the form the starter model needs."""

import csv
from dataclasses import replace

import pytest

from pipeline.clip import Clip
from pipeline.store import FeatureStore
from pipeline.words import plain_transcript
from tests.dmd.synthetic import make_clip

TEXTS = {
    "praise": "What a wonderful film; I loved every minute!",
    "blame": "It was a terrible, boring film. A waste of time...",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    from extractors.extraction import Extractor

    found = FeatureStore(tmp_path_factory.mktemp("reading") / "store", create=True)
    extractor = Extractor()
    for name, text in TEXTS.items():
        found.write(extractor.extract(Clip(name, None, plain_transcript(text), label="1", split="test")))
    return found


def test_score_without_a_model_uses_the_starter_and_every_row_says_what_it_read(store, tmp_path, prefect_server):
    from flows import score

    assert score(source=str(store.path), out=str(tmp_path / "scores.csv")).exit_code == 0
    with (tmp_path / "scores.csv").open(encoding="utf-8") as stream:
        rows = {row["clip_id"]: row for row in csv.DictReader(stream) if row["segment"] == "all"}
    assert rows["praise"]["label"] == "positive" and rows["blame"]["label"] == "negative"
    assert {row["modalities"] for row in rows.values()} == {"text"}
    assert all("text_only_model" in row["flags"].split(";") for row in rows.values())
    assert rows["praise"]["text"] == TEXTS["praise"]


def test_evaluating_the_starter_reads_a_store_in_its_form_too(store):
    from dmd.runs.checkpoint import load_run
    from dmd.runs.starter import starter_run
    from flows.datasets import open_dataset

    run = load_run(starter_run(), "cpu")
    run.demand_fit(open_dataset(str(store.path), run.record.reading))


def test_a_clip_of_which_the_model_reads_nothing_fails_with_its_file(tmp_path):
    from dmd.runs.starter import starter_run
    from flows.scoring import score_features

    spoken = make_clip(1, modalities=("audio",))
    clip = replace(spoken, words=tuple(replace(word, text="") for word in spoken.words))
    FeatureStore(tmp_path / "store", create=True).write(clip)
    out = tmp_path / "scores.csv"
    found = score_features.fn(
        str(tmp_path / "store"), str(out), str(starter_run()), "cpu", [], {clip.clip_id: "films/one.mp4"}
    )
    assert (found.exit_code, found.failures[0].path, found.failures[0].stage) == (1, "films/one.mp4", "score")
    with (tmp_path / "scores.csv.failures.csv").open(encoding="utf-8") as stream:
        assert [row["path"] for row in csv.DictReader(stream)] == ["films/one.mp4"]
