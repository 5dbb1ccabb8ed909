"""The feature dictionary is what the code says, and says enough."""

import pytest

from extractors.faces.columns import all_columns
from extractors.voice.columns import audio_columns
from extractors.voice.config import AudioConfig
from extractors.word_rhythm import word_columns
from tests.documents.features import PAGE, feature_dictionary

EVERY = [*audio_columns(AudioConfig()), *word_columns(), *all_columns(blendshapes=True)]


def test_the_page_is_what_the_code_generates():
    assert PAGE.read_text("utf-8") == feature_dictionary(), "run: python -m tests.documents"


@pytest.mark.parametrize("column", EVERY, ids=lambda column: column.name)
def test_every_column_says_what_it_is_in_which_unit_and_after_whom(column):
    assert column.name.isidentifier() and column.name == column.name.lower()
    assert column.unit and column.source and len(column.meaning) > 15
    assert column.low is None or column.high is None or column.low < column.high


def test_no_two_columns_of_a_modality_share_a_name():
    for columns in ((*audio_columns(AudioConfig()), *word_columns()), all_columns(blendshapes=True)):
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
