"""The settings that `--config` takes, generated from the models that check them."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from dmd.training_config import TrainingConfig
from extractors.extraction_config import ExtractionConfig

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
INTRODUCTION = """# What `--config` takes

Generated from the code by `python -m tests.documents`; do not edit.

`--config FILE.yaml` holds what differs from the defaults; a point in a name is a level of the file. A key or a value
that does not exist is refused with its name before anything starts.

```yaml
# dmd extract films --out films.store --config this.yaml
face: {max_fps: 12.5}
words:
  given_times: refine
```
"""
ROOTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("`dmd extract`, `dmd score`", ExtractionConfig),
    ("`dmd train`", TrainingConfig),
)


def configuration_page() -> str:
    """Return the page: one table a command, one line a setting."""
    parts = [INTRODUCTION]
    for title, model in ROOTS:
        parts += [f"## {title}\n", "| setting | type | default | |", "| --- | --- | --- | --- |"]
        parts += [f"| `{name}` | {kind} | {default} | {said} |" for name, kind, default, said in settings(model)]
        parts.append("")
    return "\n".join(parts)


def settings(model: type[BaseModel], under: str = "", base: BaseModel | None = None) -> Iterator[tuple[str, ...]]:
    """Yield name, type, default and meaning of every setting of a model and of those inside it."""
    told = _docstrings(model)
    for name, field in model.model_fields.items():
        default = getattr(base, name) if base is not None else field.get_default(call_default_factory=True)
        inner = _model_in(field.annotation)
        if isinstance(default, BaseModel):
            yield from settings(type(default), f"{under}{name}.", default)
        elif inner is not None:
            yield (f"{under}{name}", "table", _shown(default), _cell(told.get(name) or _first_line(inner)))
            yield from settings(inner, f"{under}{name}.")
        else:
            yield (f"{under}{name}", _cell(_kind(field.annotation)), _shown(default), _cell(told.get(name, "")))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model of an optional one."""
    found = [part for part in getattr(annotation, "__args__", ()) if inspect.isclass(part)]
    return next((part for part in found if issubclass(part, BaseModel)), None)


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the strings that stand below the fields of a class; those of its bases too."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if not (inspect.isclass(part) and issubclass(part, BaseModel)) or part is BaseModel:
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        assert isinstance(body, ast.ClassDef)
        for line, after in zip(body.body, body.body[1:], strict=False):
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(after, ast.Expr):
                found[line.target.id] = inspect.cleandoc(ast.literal_eval(after.value))
    return found


def _first_line(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").splitlines()[0]


def _kind(annotation: Any) -> str:
    """Return a type in words: a choice by its values, `a or none` for an optional."""
    if annotation is None or annotation is type(None):
        return "none"
    inner = [_kind(part) if not isinstance(part, str) else f"`{part}`" for part in get_args(annotation)]
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(inner)
    if origin in (Union, UnionType):
        return " or ".join(inner)
    if origin is tuple:
        return f"list of {inner[0]}" if inner[-1] == "..." else f"list of {len(inner)}: {', '.join(inner)}"
    if origin in (dict, Mapping):
        return f"table of {inner[1]} by {inner[0]}"
    return {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", ...: "..."}[
        annotation
    ]


def _shown(default: Any) -> str:
    """Return a default as YAML has it; nothing for none."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{list(default)}`" if isinstance(default, tuple) else f"`{default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "or").replace("``", "`")
