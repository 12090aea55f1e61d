"""What a counted server's Python runs first: no full collections, and all else as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.counting import in_server

FOLDER = Path(in_server.__file__).parent


def run(code: str, *path: Path) -> str:
    """What a program prints that is started as a counted server is."""
    found = os.pathsep.join(map(str, (FOLDER, *path)))
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": found},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="there are no full collections")
def test_no_full_collections() -> None:
    """Garbage is collected, but for the generation that grows for ever."""
    code = (
        "import gc\n"
        "gc.callbacks.append(lambda phase, info: found.append(info['generation']))\n"
        "found = []\n"
        "kept = [[] for _ in range(500_000)]\n"
        "print(sorted(set(found)))"
    )
    assert run(code) == "[0, 1]"


def test_the_path_is_as_it_was(tmp_path: Path) -> None:
    """An app finds what it would have found."""
    code = "import sys; print(sys.path)"
    plain = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert run(code, tmp_path) == plain


def test_another_of_its_name_is_run(tmp_path: Path) -> None:
    """A tracer, or a distribution, may have one of its own."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.found = __file__\n")
    code = "import sys, sitecustomize; print(sys.found, sitecustomize.__file__)"
    own = str(tmp_path / "sitecustomize.py")
    assert run(code, tmp_path) == f"{own} {own}"
