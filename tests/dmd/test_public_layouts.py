"""Files in the layouts of CMU-MOSI and CH-SIMS, with random values: trained, killed, taken up, evaluated, scored."""

from pathlib import Path

import numpy as np
import pytest

from dmd.evaluation import evaluate_run
from dmd.runs.checkpoint import load_run
from dmd.scoring import score_dataset
from dmd.training import train_run
from pipeline.formats.mmsa import read_mmsa
from tests.dmd.quick import Stopped, quick, stop_at, weights
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa

LAYOUTS = {
    "mosi_aligned": ((12, 12, 12), (24, 5, 20), 3.0),
    "mosi_unaligned": ((12, 37, 50), (24, 5, 20), 3.0),
    "sims_unaligned": ((9, 40, 14), (24, 33, 709), 1.0),
}


@pytest.mark.parametrize("objective", ["corrected", "reference"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_public_layout_trains_resumes_evaluates_and_scores(tmp_path: Path, layout: str, objective: str) -> None:
    lengths, widths, bound = LAYOUTS[layout]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", mmsa_content(lengths=lengths, widths=widths, bound=bound)))
    config = quick(objective=objective, epochs=3, batch_size=4, accumulate=1, checkpoint_s=0)
    train_run(data, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train_run(data, tmp_path / "run", config, stop_at(4))
    train_run(data, tmp_path / "run", config)
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")

    run = load_run(tmp_path / "run", "cpu")
    found = evaluate_run(run, data, "test")
    assert found["n"] == 6 and 0 <= found["mae"] <= 2 * bound
    assert (found["acc7"] is None) == (bound == 1.0)  # CH-SIMS has no seven classes
    rows = [row.as_columns() for row in score_dataset(run, data) if row.as_columns()["segment"] == "all"]
    assert len(rows) == 24
    assert all(
        -bound <= row["score"] <= bound and row["label"] in ("negative", "neutral", "positive") for row in rows
    )
    assert {row["modalities"] for row in rows} == {"text+audio+face"}


def test_one_model_scores_every_subset_of_the_modalities_of_a_public_file(tmp_path: Path) -> None:
    lengths, widths, bound = LAYOUTS["sims_unaligned"]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", mmsa_content(lengths=lengths, widths=widths, bound=bound)))
    train_run(data, tmp_path / "run", quick(epochs=1))
    run = load_run(tmp_path / "run", "cpu")
    subsets = [("text",), ("audio",), ("face",), ("text", "audio"), ("text", "face"), ("audio", "face"), None]
    found = [run.predict(data, data.rows_in("test"), subset)[0] for subset in subsets]
    assert all(np.isfinite(each).all() for each in found)
    assert len({each.tobytes() for each in found}) == len(subsets)
