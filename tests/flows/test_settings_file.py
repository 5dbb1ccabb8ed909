"""Configuration files from strangers end in settings or in one line."""

from pathlib import Path

import pytest

from flows.requests import config_from
from flows.settings_file import read_settings
from flows.training import training_config
from pipeline.errors import UsageError

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def file(tmp_path: Path, content: str) -> Path:
    (tmp_path / "x.yaml").write_text(content)
    return tmp_path / "x.yaml"


def test_settings_are_read(tmp_path: Path) -> None:
    assert read_settings(file(tmp_path, "face: {max_fps: 5}\n")) == {"face": {"max_fps": 5}}
    assert read_settings(file(tmp_path, "# nothing\n")) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LAUGHS, "a reference"),
        ("a: &a [*a]\n", "a reference"),
        ("x: " + "[" * 30_000, "maximum recursion|expected"),
        ("x: " + "9" * 5000, "Exceeds the limit"),
        ("x: 2024-99-99\n", "month must be"),
        ("!!python/object/apply:os.system [touch x]\n", "could not determine a constructor"),
        ("[1, 2]", "it must be lines of"),
        ("text", "it must be lines of"),
        ("1: 2", "it must be lines of"),
        ("x: \0", "is binary"),
        ("x: " + "y" * 300_000, "longer than 256 KiB"),
    ],
)
@pytest.mark.parametrize("read", [read_settings, lambda path: config_from("embedded", path),
                                  lambda path: training_config(str(path), {})])  # fmt: skip
def test_what_is_no_configuration_is_said_in_one_line(tmp_path: Path, content: str, said: str, read: object) -> None:
    path = file(tmp_path, content)
    with pytest.raises(UsageError, match=said) as error:
        read(path)  # type: ignore[operator]
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_folder_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no regular file"):
        read_settings(tmp_path)
    with pytest.raises(UsageError, match="no such configuration file"):
        read_settings(tmp_path / "x.yaml")
