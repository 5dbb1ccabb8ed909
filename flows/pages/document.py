"""A page as a file: template, style, script and data put together under a strict policy."""

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError
from pipeline.files import write_whole

HERE = Path(__file__).parent
STYLES = ("vendor/uPlot.min.css", "templates/style.css", "templates/clip.css")
SCRIPTS = (
    "vendor/uPlot.iife.min.js",
    "templates/theme.js",
    "templates/charts.js",
    "templates/tables.js",
    "templates/lanes.js",
    "templates/film.js",
    "templates/clip.js",
)
DIGITS = 6
"""Significant digits of a number in the data: ten minutes to the millisecond."""
CURVE_DIGITS = 4
"""Those of a plotted value: a pixel is a thousandth of a page."""


def write_page(out: Path, template: str, title: str, context: Mapping[str, Any], data: Mapping[str, Any]) -> Path:
    """Write a page whole.

    Parameters
    ----------
    out : Path
        The file; its folder must exist.
    template : str
        Name of a template of this package.
    title : str
        What the browser's tab shows.
    context : mapping
        What the template prints; escaped there.
    data : mapping
        JSON values that the page's script draws; numbers that are not finite become null.

    Returns
    -------
    Path
        The absolute path of the file.

    Raises
    ------
    StoreError
        The folder is missing or not writable.
    """
    if not out.parent.is_dir():
        raise StoreError(f"{out}: its folder does not exist; make it or choose another --out")
    write_whole(out, render(template, title, context, data).encode("utf-8", "replace"))
    return out.resolve()


def render(template: str, title: str, context: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return a page as text: a function of its arguments alone."""
    from markupsafe import Markup

    style, script = _joined(STYLES), _joined(SCRIPTS)
    return str(
        _environment()
        .get_template(template)
        .render(
            **context,
            title=title,
            policy=policy(style, script),
            style=Markup(style),
            script=Markup(script),
            data=Markup(json_block(data)),
        )
    )


def policy(style: str, script: str) -> str:
    """Return the Content Security Policy: this style, this script, images inside the file, nothing else."""
    return (
        f"default-src 'none'; script-src '{_source(script)}'; style-src '{_source(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def json_block(data: Any) -> str:
    """Return data as JSON that no HTML parser takes for markup."""
    text = json.dumps(_plain(data), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def number(value: float | None, digits: int = 3) -> str:
    """Return a number as a table shows it: ``digits`` significant digits, a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    shown = f"{value:.{digits}g}"
    if "e" in shown and 1e-4 <= abs(value) < 1e7:
        shown = f"{value:.0f}"
    return shown.replace("-", "\N{MINUS SIGN}", 1) if value < 0 else shown


def percent(share: float | None) -> str:
    """Return a share 0 to 1 as per cent; nothing but all is 100 %, nothing but none is 0 %."""
    if share is None or not math.isfinite(share):
        return "–"
    if 0.995 < share < 1.0:
        return "> 99 %"
    return "< 1 %" if 0.0 < share < 0.005 else f"{share * 100:.0f} %"


def seconds(value: float | None) -> str:
    """Return a duration: `3.2 s`, `4 min 05 s`, `1 h 02 min`."""
    if value is None or not math.isfinite(value):
        return "–"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def rounded(value: float, digits: int = CURVE_DIGITS) -> float | None:
    """Return a value with some significant digits; None where it is not finite."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent, seconds=seconds)
    return environment


@cache
def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((HERE / name).read_text("utf-8").strip() for name in names) + "\n"


def _source(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _plain(value: Any) -> Any:
    """Return JSON values: whole floats as they are, floats rounded, what is not finite as None."""
    if isinstance(value, float):
        return rounded(value, DIGITS)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
