"""Small files that unfold to enormous ones are read in a process whose memory is limited: growing ends it."""

import subprocess
import sys
from pathlib import Path

ROOM_MB = 600
"""Beyond what the process holds when its libraries are loaded."""
SCRIPT = """
import resource, sys
from pathlib import Path
import numpy, pipeline.formats.mmsa, pipeline.formats.csd, pipeline.datasets.frames, pipeline.store
{imports}
held = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize"))) << 10
limit = held + ({room} << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from pipeline.errors import PipelineError
try:
    {read}
except PipelineError as error:
    assert "\\n" not in str(error) and len(str(error)) < 2000, str(error)[:3000]
    print("refused:", error)
else:
    print("read")
"""


def outcome(path: Path, read: str, imports: str = "") -> str:
    """Return `read` or `refused: WHY`; ``read`` is an expression of ``path``. A crash, or no end, is an error."""
    script = SCRIPT.format(room=ROOM_MB, read=read, imports=imports)
    found = subprocess.run(
        [sys.executable, "-c", f"path = __import__('pathlib').Path({str(path)!r})\n{script}"],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert found.returncode == 0, f"ended with {found.returncode}: {found.stderr[-2000:]}"
    return found.stdout.strip()
