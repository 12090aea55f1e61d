"""The command: what it refuses, before anything is started."""

from pathlib import Path

import pytest

from tests.end_to_end.program import run_here

REFUSED = [
    (["--slo", "p95<50"], "'p95<50' is not a clause"),
    (["--slo", "failures<1%"], "has no time limit"),
    (["--slo", "p95<20ms", "--budget", "20s"], "give each server 69s or more"),
    (["--slo", "p95<20ms", "--resolution", "90%"], "give 0.5% to 20%"),
    (["--slo", "p95<20ms", "--workload", "get_item,mixed"], "run it once for each"),
    (["--slo", "p95<20ms", "--servers", "nonesuch"], "nonesuch"),
    ([], "Missing option '--slo'"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    """Exit code 2, no traceback, and no folder left behind."""
    done = run_here("capacity", *arguments, "--out", str(tmp_path / "run"))

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()
