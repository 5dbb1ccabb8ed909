"""JSON of strangers."""

import pytest

from pipeline.untrusted.jsontext import parse_json


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff\xfe\x00", '{"a": ' * 50_000, "9" * 5000])
def test_whatever_is_wrong_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_json(text)


def test_what_is_right_is_returned():
    assert parse_json(b'{"a": [1, null, "\xc3\xa9"]}') == {"a": [1, None, "é"]}
