"""Measure the evidence and write its page.

    python -m tests.evidence --out docs/evidence.md --json evidence.json

Parts that are not asked for with `--parts` are taken from the JSON file, if it has them.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from extractors.verdicts import RECORD
from tests.evidence import record
from tests.evidence.page import evidence_page
from tests.evidence.parts import PARTS


def main(arguments: Sequence[str]) -> int:
    """Run the parts that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    parser.add_argument("--out", type=Path, help="the page to write (markdown)")
    parser.add_argument("--json", type=Path, help="figures: read if there, written with what is measured now")
    parser.add_argument(
        "--parts", default=",".join(PARTS), help=f"which to measure, of {', '.join(PARTS)}; '' for none"
    )
    parser.add_argument(
        "--verdicts", action="store_true", help=f"write {RECORD.name}: it decides the default columns"
    )
    parser.add_argument("--opensmile", help="a python that can import opensmile, for the agreement")
    parser.add_argument("--official-bundle", type=Path, help="face_landmarker.task with blendshapes")
    parser.add_argument("--quick", action="store_true", help="few clips: to see that it works")
    options = parser.parse_args(arguments)
    figures = record.read(options.json)
    asked = list(filter(None, options.parts.split(",")))
    if unknown := [name for name in asked if name not in PARTS]:
        parser.error(f"--parts: {unknown[0]!r} is none of {', '.join(PARTS)}")
    if absent := [name for name in ("material", "nuisances") if name not in (*asked, *figures)]:
        parser.error(f"{absent[0]!r} is not in --json and not in --parts; the others need it, so measure it first")
    if options.quick and options.verdicts:
        parser.error("--verdicts decides the default columns; a --quick run is no ground for them")
    for name in asked:
        print(f"-- {name}", file=sys.stderr)
        figures[name] = record.rounded(PARTS[name](options, figures))
        if options.json:
            record.write(options.json, figures)
    if options.verdicts:
        record.write(RECORD, record.verdicts(figures))
    if options.out:
        options.out.write_text(evidence_page(figures), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
