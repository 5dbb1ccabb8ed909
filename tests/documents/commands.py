"""The commands that stand in the documents: every line of a `sh` block, in order."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """Return the `dmd` commands of a page, without what stands behind `#`; `&&` and `|` part commands."""
    text = "\n".join(BLOCK.findall(page.read_text("utf-8"))).replace("\\\n", " ")
    parts = [part.strip() for line in text.splitlines() for part in re.split(r"&&|\||;", line.split(" #")[0])]
    return [part for part in parts if part.startswith("dmd ")]
