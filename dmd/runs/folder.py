"""RUN: a folder that holds a trained model.

    RUN/run.json                      task, features, calibration, splits, metrics, provenance (`RunRecord`)
    RUN/normaliser.safetensors        fitted on the training split
    RUN/seed-K/model.safetensors      weights of each seed; scores are the mean of all seeds
    RUN/history.csv                   losses and graph edges of every epoch
    RUN/evaluation.json               metrics with intervals, baselines, the paper's numbers
    RUN/seed-K/{history.csv,logs/}    the same by seed; TensorBoard's logs

run.json is written last: a folder without it is a training that has not ended. What stands here loads no torch.
"""

import json
from pathlib import Path

from dmd.runs.record import RunRecord
from pipeline.errors import StoreError
from pipeline.files import make_folder, write_whole
from pipeline.untrusted.jsontext import MAX_RECORD_BYTES
from pipeline.untrusted.textfile import read_bytes

RUN = "run.json"
NORMALISER = "normaliser.safetensors"
HISTORY = "history.csv"
EVALUATION = "evaluation.json"
MODEL = "model.safetensors"


def read_record(folder: Path) -> RunRecord:
    """Read RUN/run.json.

    Raises
    ------
    StoreError
        There is none, or it is damaged or of another version.
    """
    path = folder / RUN
    if not path.is_file():
        begun = " (a training was begun here; run the same `dmd train` again to end it)" if is_begun(folder) else ""
        raise StoreError(f"{folder}: holds no trained model{begun}; make one with `dmd train SOURCE --out {folder}`")
    try:
        return RunRecord.model_validate_json(read_bytes(path, MAX_RECORD_BYTES))
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise StoreError(f"{path}: is damaged or of another version ({reason}); train again") from None


def is_begun(folder: Path) -> bool:
    """Tell whether a training was begun in a folder."""
    return (folder / "training.json").is_file()


def write_run(folder: Path, record: RunRecord) -> None:
    """Write RUN/run.json, whole: from now on the run counts as finished."""
    text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(make_folder(folder) / RUN, text.encode())


def seed_folder(seed: int) -> str:
    """Return the name of a seed's folder in RUN."""
    return f"seed-{seed}"
