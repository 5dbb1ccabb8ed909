"""Decoupled multimodal distilling: a batch becomes a score."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dmd.config import DmdConfig
    from dmd.model import DMD
    from dmd.system import DmdSystem

_HOMES = {"DMD": "dmd.model", "DmdConfig": "dmd.config", "DmdSystem": "dmd.system"}

__all__ = ["DMD", "DmdConfig", "DmdSystem"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that ``import dmd`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'dmd' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
