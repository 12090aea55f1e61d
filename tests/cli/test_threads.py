"""A workload's own threads, which may never end."""

import subprocess
import sys
from pathlib import Path

WORKLOAD = """
import threading
threading.Thread(target=threading.Event().wait).start()
def exchanges(base_url):
    yield "no exchange"
"""


def test_the_program_ends_without_them(tmp_path: Path) -> None:
    """With its own exit status, and all that it has to say."""
    path = tmp_path / "load.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    program = [sys.executable, "-m", "bench", "run", "--tests", "none"]
    done = subprocess.run(
        [*program, "--workload", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "yields a str, not bench.workload.Exchange" in done.stderr
