"""The Prefect flows and the command line: the only code that knows Prefect.

`from flows import extract, train, score` gives the flows; they take what the command line takes and return a
summary record.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.extracting import extract as extract
    from flows.scoring import score as score
    from flows.training import train as train
    from flows.validating import cross_validate as cross_validate

__all__ = ["cross_validate", "extract", "score", "train"]
_MODULES = {"extract": "extracting", "score": "scoring", "train": "training", "cross_validate": "validating"}
"""Flow -> its module; a module of the flow's own name would take its place as an attribute of the package."""


def __getattr__(name: str) -> Any:
    """Import a flow when it is asked for: Prefect takes a second to import and needs its settings first."""
    if name not in _MODULES:
        raise AttributeError(f"module 'flows' has no attribute {name!r}")
    from importlib import import_module

    from flows.settings import prepare

    prepare()
    return getattr(import_module(f"flows.{_MODULES[name]}"), name)
