"""What takes long is made once for all tests that look at it, on whichever worker they run."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def once(
    name: str, factory: pytest.TempPathFactory, make: Callable[[Path], dict[str, Any]]
) -> tuple[Path, dict[str, Any]]:
    """Let the first that asks make something in a folder, and the others wait until it is made.

    make: fills the folder that it is given, which does not exist yet; what it returns has to be
    JSON. Who asks must leave the folder as it is.
    """
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # each worker has a folder of its own below that of them all
    said = shared / f"{name}.json"
    with (shared / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            made = make(shared / name)
            said.write_text(json.dumps(made), encoding="utf-8")
    return shared / name, json.loads(said.read_text(encoding="utf-8"))
