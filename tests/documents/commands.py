"""The commands that stand in the documents: every line of a `sh` block, in order."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """Return the `dmd` commands of a page, without what stands behind `#`."""
    lines = [
        line.split("  #")[0].strip()
        for block in BLOCK.findall(page.read_text("utf-8"))
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("dmd ")]
