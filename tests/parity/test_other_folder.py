"""Parity is tested on whatever folder of the golden form `DMD_GOLDEN` names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.golden import OWN, REPOSITORY


@pytest.mark.slow
def test_cases_of_another_folder_and_under_other_names_are_checked(tmp_path: Path) -> None:
    shutil.copytree(OWN / "dmd" / "tiny_aligned", tmp_path / "elsewhere" / "dmd" / "renamed")
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "tests/parity/test_golden.py"]
    environment = {**os.environ, "DMD_GOLDEN": str(tmp_path / "elsewhere")}
    found = subprocess.run(
        [*command, "-k", "given"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout
    passed = [line for line in found.stdout.splitlines() if line.startswith("PASSED") and "given-renamed" in line]
    assert {line.split("::")[1].split("[")[0] for line in passed} >= {
        "test_outputs_match", "test_loss_terms_match", "test_score_is_the_published_output",
        "test_training_trajectories_match",
    }  # fmt: skip


@pytest.mark.slow
def test_a_wrong_number_in_another_folder_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "dmd" / "wrong"
    shutil.copytree(OWN / "dmd" / "tiny_uneven", folder)
    record = folder / "README.json"
    text = record.read_text()
    record.write_text(text.replace('"seed":', '"seed":9', 1))
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-k", "given and outputs", "tests/parity/test_golden.py"],
        cwd=REPOSITORY,
        env={**os.environ, "DMD_GOLDEN": str(tmp_path / "elsewhere")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1 and "given-wrong" in found.stdout
