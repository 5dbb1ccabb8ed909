import json
import re
import shutil

import numpy as np
import pytest

from flows.pages import write_look, write_run_page
from flows.pages.run_charts import coverage, learning_charts
from flows.pages.run_look import read_look
from flows.pages.run_tables import (
    CAPTIONS,
    branches,
    confusion,
    differences,
    metric_names,
    permuted,
    results,
    verdict,
    worst,
)
from pipeline.errors import SplitError, StoreError
from tests.flows.browser import MISSING, browser
from tests.flows.page_runs import trained


@pytest.fixture(scope="module", params=["regression", "classification"])
def run(request, tmp_path_factory):
    found = trained(tmp_path_factory.mktemp(request.param), request.param)
    write_look(found[0], found[2])
    return found


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"), re.S).group(1))


def test_a_look_holds_every_labelled_clip_of_the_split(run):
    trained_run, _, dataset = run
    look = read_look(trained_run.path)
    assert look["split"] == "test"
    assert [clip["id"] for clip in look["clips"]] == [c.clip_id for c in dataset.clips if c.split == "test"]
    assert [part["modalities"] for part in look["ablation"]] == [
        ["text", "audio", "face"],
        ["text", "audio"],
        ["text", "face"],
        ["audio", "face"],
        ["text"],
        ["audio"],
        ["face"],
    ]


def test_a_look_says_what_the_evaluation_says(run):
    trained_run, _, _ = run
    evaluated = trained_run.evaluation()["test"]
    name = metric_names(trained_run.record.targets.task)[0]
    look = read_look(trained_run.path)
    assert look["ablation"][0]["metrics"][name] == pytest.approx(evaluated[name])
    if name == "mae":
        errors = [abs(clip["score"] - clip["truth"]) for clip in look["clips"]]
        assert np.mean(errors) == pytest.approx(evaluated[name])


def test_a_look_tells_what_each_branch_knows_and_what_an_exchanged_modality_costs(run):
    trained_run, _, _ = run
    name = metric_names(trained_run.record.targets.task)[0]
    look, task = read_look(trained_run.path), trained_run.record.targets.task
    units = {f"{unit}_{modality}" for unit in ("homo", "hetero") for modality in ("text", "audio", "face")}
    assert set(look["branches"]) == {*units, "common", "all"}
    table = branches(look, task)
    shown = {row[0]: row[1] for row in table["rows"]}
    assert table["columns"][1]["label"] == CAPTIONS[name] and len(shown) == 8
    assert shown["audio, shared features"][0] == look["branches"]["homo_audio"][name]
    exchanged = permuted(look, task)
    assert [row[0] for row in exchanged["rows"]] == ["text", "audio", "face"]
    assert exchanged["rows"][0][1] == [look["permuted"]["text"][name], None, None, ""]


def test_a_look_without_branches_is_older_and_still_has_its_page(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run[0].path, copy)
    look = read_look(copy)
    del look["branches"], look["permuted"]
    (copy / "look.json").write_text(json.dumps(look), "utf-8")
    page = write_run_page(copy, tmp_path / "run.html")
    assert {"branches", "permuted"}.isdisjoint(data_of(page)["tables"]) and "ablation" in data_of(page)["tables"]


def test_looking_again_gives_the_same_bytes(run):
    trained_run, _, dataset = run
    before = (trained_run.path / "look.json").read_bytes()
    assert write_look(trained_run, dataset).read_bytes() == before


def test_spaces_are_the_plane_of_largest_variance(run):
    spaces = read_look(run[0].path)["spaces"]
    assert [group["label"] for group in spaces["groups"]] == [
        f"{modality}, {kind}" for modality in ("text", "audio", "face") for kind in ("own", "shared")
    ]
    x = np.concatenate([group["x"] for group in spaces["groups"]])
    y = np.concatenate([group["y"] for group in spaces["groups"]])
    assert x.mean() == pytest.approx(0.0, abs=1e-9)
    assert np.var(x) / np.var(y) == pytest.approx(spaces["explained"][0] / spaces["explained"][1])
    assert np.mean(x * y) == pytest.approx(0.0, abs=1e-9)


def test_a_split_the_run_does_not_know_is_named(run):
    with pytest.raises(SplitError, match="no labelled clip of split 'dev'"):
        write_look(run[0], run[2], "dev")


def test_the_page_of_a_run_tells_all_of_it(run, tmp_path):
    trained_run, store, _ = run
    page = write_run_page(trained_run.path, tmp_path / "run.html", store)
    text, data = page.read_text("utf-8"), data_of(page)
    for part in ("Results", "Learning", "Calibration and confusion", "What each modality gives", "Decoupled spaces"):
        assert part in text
    tables = {"results_test", "results_valid", "differences_test", "ablation", "branches", "permuted", "mistakes"}
    assert tables == set(data["tables"]) - {"differences_valid"}
    assert {"learning", "terms", "homo_edges", "hetero_edges", "calibration", "spaces"} <= set(data["charts"])
    assert [row[0][0] for row in data["tables"]["mistakes"]["rows"]] == [clip["id"] for clip in data["clips"]]
    assert "<video" not in text


def test_a_run_without_a_look_or_a_history_still_has_its_page(run, tmp_path):
    copy = tmp_path / "run"
    copy.mkdir()
    shutil.copy(run[0].path / "run.json", copy)
    text = write_run_page(copy, tmp_path / "run.html").read_text("utf-8")
    assert "This run was never evaluated" in text
    assert "Worst mistakes" not in text


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(StoreError, match="holds no trained model"):
        write_run_page(tmp_path, tmp_path / "run.html")


def test_every_metric_has_a_caption():
    assert {*metric_names("regression"), *metric_names("classification")} == set(CAPTIONS)


def evaluation(**more):
    return {
        "split": "test",
        "task": "regression",
        "n": 100,
        "mae": 0.8,
        "mae_low": 0.7,
        "mae_high": 0.9,
        "corr": None,
        **more,
    }


def baseline(mae, difference, certain):
    return {"mae": mae, "difference": {"mae": {"difference": difference, "excludes_zero": certain}}}


@pytest.mark.parametrize(
    ("baselines", "end"),
    [
        ({"linear": baseline(0.7, 0.1, True)}, "DMD is worse, and chance does not explain it."),
        ({"linear": baseline(0.9, -0.1, False)}, "DMD is better, but chance may explain it."),
        ({"mlp": baseline(0.9, -0.1, True), "linear": baseline(0.75, 0.05, False)}, "DMD is worse, but chance may"),
    ],
)
def test_the_verdict_is_against_the_best_baseline(baselines, end):
    assert end in verdict(evaluation(baselines=baselines))


def test_without_baselines_there_is_no_verdict():
    assert verdict(evaluation()) == ""
    assert differences(evaluation()) is None


def test_results_leave_out_what_is_not_defined_and_set_the_paper_beside():
    table = results(evaluation(paper={"mae": {"paper": 0.744}}, seeds={"mae": {"mean": 0.82, "deviation": 0.01}}))
    assert [column["label"] for column in table["columns"]] == ["Model", "MAE"]
    assert [row[1] for row in table["rows"]] == [
        [0.8, 0.7, 0.9, ""],
        [0.82, None, None, "± 0.010"],
        [0.744, None, None, ""],
    ]


def test_a_difference_says_who_is_better_only_beyond_chance():
    table = differences(evaluation(baselines={"a": baseline(0.7, 0.1, True), "b": baseline(0.7, 0.1, False)}))
    assert [row[1][3] for row in table["rows"]] == ["worse", ""]


def test_the_worst_mistakes_come_first_and_right_answers_not_at_all():
    clips = [{"id": name, "truth": truth, "score": 1.0} for name, truth in (("a", 1.0), ("b", -2.0), ("c", 0.5))]
    assert [clip["id"] for clip in worst({"clips": clips}, "regression")] == ["b", "c"]
    said = [
        {"id": "a", "truth": "x", "label": "x", "truth_share": 0.9},
        {"id": "b", "truth": "x", "label": "y", "truth_share": 0.1},
    ]
    assert [clip["id"] for clip in worst({"clips": said}, "classification")] == ["b"]


def test_scores_are_counted_by_the_label_s_side():
    clips = [
        {"truth_label": "positive", "label": "positive"},
        {"truth_label": "positive", "label": "neutral"},
        {"truth_label": "negative", "label": "negative"},
    ]
    found = confusion({}, {"clips": clips})
    assert found["rows"][2] == ("positive", [(0, 0.0), (1, 0.5), (1, 0.5)])


def test_coverage_is_the_share_of_labels_inside():
    clips = [{"truth": 1.0, "low": 0.0, "high": 2.0}, {"truth": 3.0, "low": 0.0, "high": 2.0}]
    assert coverage({"clips": clips}) == 0.5
    assert coverage({}) is None


def test_seeds_that_stopped_leave_the_mean_to_the_others():
    history = [
        {"seed": 1, "epoch": 1, "train_task": 1.0, "train_margin": 2.0, "valid_loss": 3.0},
        {"seed": 1, "epoch": 2, "train_task": 0.5, "train_margin": 1.0, "valid_loss": 2.0},
        {"seed": 2, "epoch": 1, "train_task": 2.0, "train_margin": 4.0, "valid_loss": 4.0},
    ]
    charts = learning_charts(history)
    assert charts["learning"]["x"] == [1, 2]
    assert [line["y"] for line in charts["learning"]["series"]] == [[3.0, 2.0], [1.0, 0.5], [4.0, None], [2.0, None]]
    assert charts["terms"]["series"][0]["y"] == [3.0, 1.0]
    assert learning_charts([]) == {}


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_the_page_of_a_run_is_drawn_without_a_word_on_the_console(run, tmp_path):
    trained_run, store, _ = run
    page = write_run_page(trained_run.path, tmp_path / "run.html", store)
    with browser(tmp_path) as chromium:
        for width, dark in ((390, True), (1280, False)):
            chromium.screen(width, dark=dark)
            chromium.open(page)
            chromium.run("document.querySelector('details').open = true")
            chromium.look_through()
            assert chromium.console() == []
            wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert chromium.run(wide) == 0
        chromium.run("[...document.querySelectorAll('[data-table=mistakes] a')].at(-1).click()")
        name = chromium.run(
            "const s = document.getElementById('clip-choice'); return s.options[s.selectedIndex].text"
        )
        assert name == chromium.run(
            "return [...document.querySelectorAll('[data-table=mistakes] a')].at(-1).textContent"
        )
        assert chromium.console() == []
