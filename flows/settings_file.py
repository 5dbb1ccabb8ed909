"""Configuration files, which are passed around as other files are: YAML of plain values, bounded in size."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UsageError
from pipeline.untrusted.textfile import TextFileError, read_text

MAX_BYTES = 1 << 18
"""A hundred times a configuration with all there is. Some numbers of YAML take time by their length squared."""


class _PlainLoader(yaml.SafeLoader):
    """YAML without references: nine lines of them that name one another stand for billions of values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a reference (*name); write the value itself")
        return super().compose_node(parent, index)


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings of a YAML file; none if it is empty.

    Raises
    ------
    UsageError
        The file cannot be read, is no YAML, or holds no settings.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such configuration file; correct the path")
    try:
        found = yaml.load(read_text(path, MAX_BYTES), _PlainLoader)  # a safe one
    except (TextFileError, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UsageError(f"{path}: is not a usable configuration: {reason}") from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UsageError(f"{path}: is not a usable configuration: it must be lines of `setting: value`")
    return found
