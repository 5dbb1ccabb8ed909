"""Wrong settings are said in one line, as a user would say them."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dmd.training_config import TrainingConfig
from flows.requests import config_from
from flows.training import training_config
from pipeline.errors import UsageError
from pipeline.wrongsettings import wrong_settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": 0}, "epochs: Input should be greater than or equal to 1"),
        ({"model": {"wdth": 8}}, "there is no setting 'model.wdth'"),
        ({"objective": "reference", "task": "classification"},
         "the reference objective is the published one, which is regression"),
        ({"epochs": 0, "sedes": 3},
         "epochs: Input should be greater than or equal to 1; there is no setting 'sedes'"),
    ],
)  # fmt: skip
def test_each_finding_has_its_place_and_nothing_of_the_library_s_phrases(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingConfig.model_validate(given)
    assert wrong_settings(caught.value) == said


def test_both_kinds_of_configuration_name_the_file_and_the_setting(tmp_path: Path) -> None:
    file, absent = tmp_path / "mine.yaml", tmp_path / "absent.yaml"
    file.write_text("fase: {}\n", "utf-8")
    for read in (lambda path: training_config(str(path), {}), lambda path: config_from("embedded", path)):
        with pytest.raises(UsageError, match=r"mine\.yaml: there is no setting 'fase'$"):
            read(file)
        with pytest.raises(UsageError, match=r"absent\.yaml: no such configuration file; correct the path$"):
            read(absent)
