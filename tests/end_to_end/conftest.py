"""A whole run, which several tests look at from different sides."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.program import bench
from tests.once import once

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Two servers, with self-test, gate, A/A check and every report: the folder; what it said.

    To programs, in events. The folder is that of all tests: nobody may change it.
    """
    folder, said = once("whole-run", tmp_path_factory, _run)
    return folder, Done((), said["returncode"], said["stdout"], said["stderr"])


def _run(folder: Path) -> dict[str, Any]:
    done = bench(
        "run", "--servers", "uvicorn,granian", "--workload", "mixed", "--rate", "300",
        "--rounds", "1", "--budget", "8s", "--seed", "7", "--json-events", "--out", str(folder),
    )  # fmt: skip
    return {"returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
