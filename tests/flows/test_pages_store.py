import json
import re

import numpy as np
import pytest

from flows.pages import write_store_page
from flows.pages.columns import SAMPLE_ROWS, RowSample
from flows.pages.facts import clip_facts
from flows.pages.missingness import benjamini_hochberg, missingness
from flows.pages.oddities import ClipMeans
from flows.pages.store_summary import histogram, summarise
from pipeline.aligned import ClipInfo
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure
from pipeline.track import WordFeatures
from tests.flows.page_material import SENTENCE, make_clip, score_row


def features(values, valid=None, names=None):
    values = np.asarray(values, np.float32)
    valid = np.ones(values.shape, bool) if valid is None else np.asarray(valid)
    return WordFeatures(np.where(valid, values, 0), valid, names or tuple(f"c{at}" for at in range(values.shape[1])))


def a_store(path, clips, failures=()):
    store = FeatureStore(path, create=True)
    for clip in clips:
        store.write(clip)
    store.write_failures(failures)
    return store


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"), re.S).group(1))


def test_a_column_is_summed_up_over_present_values_only():
    sample = RowSample()
    sample.add(features([[1.0], [2.0], [99.0]], [[True], [True], [False]]))
    sample.add(features([[3.0], [4.0]]))
    (column,) = sample.summaries("audio")
    assert column.present == pytest.approx(0.8)
    assert (column.quantiles[0], column.quantiles[3], column.quantiles[6]) == (1.0, 2.5, 4.0)
    assert column.verdict == ""


def test_outliers_are_far_from_the_middle():
    sample = RowSample()
    sample.add(features([[value] for value in [*range(19), 1000]]))
    assert sample.summaries("audio")[0].outliers == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("values", "valid", "verdict"),
    [
        ([0.0] * 100, [False] * 100, "missing"),
        ([1.0] * 100, [True] + [False] * 99, "mostly missing"),
        ([7.0] * 100, [True] * 100, "near-constant"),
        ([*[0.0] * 99, 5.0], [True] * 100, "near-constant"),
        ([*[0.0] * 90, *range(1, 11)], [True] * 100, ""),
    ],
)
def test_what_is_wrong_with_a_column_is_said(values, valid, verdict):
    sample = RowSample()
    sample.add(features(np.array(values)[:, None], np.array(valid)[:, None]))
    assert sample.summaries("face")[0].verdict == verdict


def test_memory_is_bounded_and_the_sample_even():
    sample = RowSample()
    for first in range(0, 5 * SAMPLE_ROWS, 1000):
        sample.add(features(np.arange(first, first + 1000)[:, None]))
        assert sample._kept <= SAMPLE_ROWS
    kept = np.concatenate(sample._values)[:, 0]
    assert len(np.unique(np.diff(kept))) == 1
    assert kept[0] == 0
    assert sample.rows == 5 * SAMPLE_ROWS


def labelled(labels, faceless):
    clips = [
        make_clip(f"c{at}", at, SENTENCE[:4], ClipInfo(label=str(label)), (0.0, 99.0) if without else None)
        for at, (label, without) in enumerate(zip(labels, faceless, strict=True))
    ]
    return missingness([clip_facts(clip) for clip in clips])


def test_missingness_that_goes_with_the_label_is_found():
    outcome = labelled(np.linspace(-3, 3, 24), [at < 12 for at in range(24)])
    assert outcome.task == "regression"
    assert [(row.what, row.clips, row.suspicious) for row in outcome.rows] == [("face rows missing", 12, True)]
    assert outcome.rows[0].effect < -0.8


def test_missingness_by_class_is_found_too():
    outcome = labelled(["sad"] * 12 + ["glad"] * 12, [at < 12 for at in range(24)])
    assert outcome.task == "classification"
    assert outcome.rows[0].suspicious
    assert outcome.rows[0].effect > 0.9


def test_missingness_by_chance_is_no_suspicion():
    outcome = labelled([at % 4 for at in range(24)], [at % 8 < 4 for at in range(24)])
    assert [row.suspicious for row in outcome.rows] == [False]


def test_few_labels_say_nothing():
    assert labelled([1, 2, 3], [True, False, True]).rows == ()


def test_corrected_p_values_are_those_of_benjamini_and_hochberg():
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_the_strangest_clip_is_the_one_with_outlying_columns():
    means = ClipMeans()
    rng = np.random.default_rng(1)
    for at in range(20):
        shift = 50.0 if at == 7 else 0.0
        means.add(f"c{at}", [("audio", features(rng.normal(size=(30, 3)) + np.array([0, shift, 0])))])
    odd = means.strangest(3)
    assert odd[0].clip_id == "c7"
    assert odd[0].columns[0][0] == "audio.c1"
    assert odd[0].share == pytest.approx(1 / 3)


def test_the_stranger_of_two_clips_comes_first():
    means = ClipMeans()
    rng = np.random.default_rng(2)
    for at in range(20):
        shift = {3: [50.0, 0, 0], 11: [50.0, 50.0, 0]}.get(at, [0, 0, 0])
        means.add(f"c{at}", [("audio", features(rng.normal(size=(30, 3)) + np.array(shift)))])
    assert [odd.clip_id for odd in means.strangest(2)] == ["c11", "c3"]


def test_of_a_few_clips_none_is_strange():
    means = ClipMeans()
    means.add("a", [("audio", features([[1.0]]))])
    means.add("b", [("audio", features([[1e6]]))])
    assert means.strangest(5) == []


def test_every_value_is_in_the_histogram():
    counted = histogram([0.0, 0.5, None, 1.0, 1.0], 0.0, 1.0)
    assert sum(counted.counts) == 4
    assert (counted.counts[0], counted.counts[-1]) == (1, 2)
    assert histogram([None]) is None


def test_a_summary_counts_what_the_store_holds(tmp_path):
    clips = [make_clip("a", flags=("low_snr",)), make_clip("b", hole=(0.0, 99.0), info=ClipInfo(split="train"))]
    summary = summarise(a_store(tmp_path / "s", clips, [Failure("x", "x.mp4", "read", "broken")]))
    assert [clip.clip_id for clip in summary.clips] == ["a", "b"]
    assert (summary.words, summary.without("face"), summary.without("audio")) == (24, 1, 0)
    assert summary.counted("flags") == [("low_snr", 1)]
    assert summary.counted("split") == [("train", 1)]
    assert summary.failures[0].error == "broken"


def test_a_store_s_page_holds_every_clip_and_every_failure(tmp_path):
    clips = [make_clip(f"dir/clip {at}", at) for at in range(4)]
    failure = Failure("<i>bad</i>", "bad.mp4", "read", "</script> & more")
    page = write_store_page(
        a_store(tmp_path / "s", clips, [failure]), tmp_path / "p.html", [score_row(clips[1], 1.25)]
    )
    data = data_of(page)
    assert [row[0] for row in data["tables"]["clips"]["rows"]] == [[f"dir/clip {at}", at] for at in range(4)]
    assert data["tables"]["failures"]["rows"][0] == ["<i>bad</i>", "read", "</script> & more", "bad.mp4"]
    assert data["tables"]["clips"]["rows"][1][1] == [1.25, 0.45, 2.05, "positive"]
    assert len(data["clips"]) == 4
    assert "<i>bad" not in page.read_text("utf-8")


def test_a_large_store_shows_its_strangest_and_longest_clips(tmp_path):
    clips = [make_clip(f"c{at:02d}", at, SENTENCE[:3]) for at in range(12)] + [make_clip("long", 99, SENTENCE * 2)]
    page = write_store_page(a_store(tmp_path / "s", clips), tmp_path / "p.html", clips_shown=3)
    data = data_of(page)
    assert len(data["clips"]) == 3
    assert "long" in [clip["id"] for clip in data["clips"]]
    assert len(data["tables"]["clips"]["rows"]) == 13


def test_an_empty_store_has_a_page_that_says_why(tmp_path):
    store = a_store(tmp_path / "s", [], [Failure("x", "x.mp4", "read", "broken")])
    text = write_store_page(store, tmp_path / "p.html").read_text("utf-8")
    assert "No clip is in this store; the failures below say why." in text


def test_the_same_store_gives_the_same_page(tmp_path):
    store = a_store(tmp_path / "s", [make_clip(f"c{at}", at) for at in range(3)])
    first = write_store_page(store, tmp_path / "1.html").read_bytes()
    assert write_store_page(store, tmp_path / "2.html").read_bytes() == first


def test_pages_know_nothing_of_prefect():
    import subprocess
    import sys

    code = "import sys, flows.pages; sys.exit(any(name.split('.')[0] == 'prefect' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
