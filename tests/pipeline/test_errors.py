"""Messages stay one line that can be read, whatever is quoted in them."""

import pytest

from pipeline.errors import FeatureMismatchError, PipelineError, UsageError, bounded


@pytest.mark.parametrize("length", [0, 10, 1799, 1800, 1801, 100_000])
def test_a_message_keeps_its_beginning_and_its_end(length):
    text = "what: " + "x" * length + "; remedy"
    said = str(UsageError(text))
    assert said.startswith("what: ") and said.endswith("; remedy") and len(said) <= 1800
    assert (said == text) == (len(text) <= 1800) and bounded(said) == said


def test_names_that_differ_are_all_said():
    names = ", ".join(f"column_{number}" for number in range(1000))
    assert str(FeatureMismatchError(names)) == names
    assert issubclass(FeatureMismatchError, PipelineError)
