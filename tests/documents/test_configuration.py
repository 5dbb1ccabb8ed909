"""The page of settings is what the code says, and every setting says what it does."""

import pytest
import yaml

from extractors.extraction_config import ExtractionConfig
from tests.documents.configuration import INTRODUCTION, PAGE, ROOTS, configuration_page, settings

EVERY = [setting for _, model in ROOTS for setting in settings(model)]


def test_the_page_is_what_the_code_generates():
    assert PAGE.read_text("utf-8") == configuration_page(), "run: python -m tests.documents"


@pytest.mark.parametrize("setting", EVERY, ids=lambda setting: setting[0])
def test_every_setting_says_its_type_and_what_it_does(setting):
    _, kind, _, said = setting
    assert kind and len(said) > 5


def test_the_example_is_a_configuration():
    (example,) = (part for part in INTRODUCTION.split("```") if part.startswith("yaml"))
    given = ExtractionConfig.model_validate(yaml.safe_load(example.removeprefix("yaml")))
    assert given.face.max_fps == 12.5 and given.words.given_times == "refine"
