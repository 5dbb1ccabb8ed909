"""Run one benchmark and print what it measured.

    python -m tests.benchmarks alignment --json

NAME is a module of this package that has ``measure(options) -> dict``; it may add options of its own.
"""

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import tests.benchmarks
from pipeline.errors import PipelineError


def main(arguments: list[str]) -> int:
    """Run the benchmark that the command line names."""
    names = sorted(each.name for each in pkgutil.iter_modules(tests.benchmarks.__path__) if each.name[0] != "_")
    chosen = [name for name in names if hasattr(_module(name), "measure")]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    shown = ", ".join([*(name.replace("_", "-") for name in chosen), "all"])
    parser.add_argument("name", type=_module_name, choices=[*chosen, "all"], metavar="NAME", help=shown)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    known, rest = parser.parse_known_args(arguments)
    if known.name == "all":
        for name in chosen:
            lacking = [action.dest for action in _options(name)._actions if action.required]
            print(f"-- {name}" + (f" needs {', '.join(lacking)}: left out" if lacking else ""))
            if not lacking:
                main([name, *arguments[1:]])
        return 0
    try:
        figures = _module(known.name).measure(_options(known.name).parse_args(rest))
    except (FileNotFoundError, PipelineError) as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 2)
    if known.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in _flat(figures):
            print(f"{name:40} {value:.4g}" if isinstance(value, float) else f"{name:40} {value}")
    return 0


def _flat(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every figure under its whole name."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.benchmarks.{name}")


def _options(name: str) -> argparse.ArgumentParser:
    """Return the parser of a benchmark's own options."""
    module = _module(name)
    own = argparse.ArgumentParser(prog=f"python -m tests.benchmarks {name}", description=module.__doc__)
    if hasattr(module, "add_options"):
        module.add_options(own)
    return own


def _module_name(name: str) -> str:
    """`grid-task` and `grid_task` are one."""
    return name.replace("-", "_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
