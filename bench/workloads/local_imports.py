"""What a workload imports from beside its file."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

_OURS: Final = frozenset({"app", "tests"})
"""Packages beside those of this program that it does not import itself; most projects have them."""


class BesideWorkloads(MetaPathFinder):
    """Finds a project's own `app` and `tests`, which would be taken for this repository's."""

    def __init__(self) -> None:
        self.folders: list[str] = []

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - these are below no package
        target: ModuleType | None = None,  # noqa: ARG002 - of a reload
    ) -> ModuleSpec | None:
        """Look beside the workloads first."""
        return PathFinder.find_spec(fullname, self.folders) if fullname in _OURS else None


_finder: Final = BesideWorkloads()


def importable(folder: Path) -> None:
    """Let workloads import what is in a folder, unless there is one of that name elsewhere.

    For good: functions import when they are called.
    """
    beside = str(folder)
    if beside not in sys.path:
        sys.path.append(beside)
    if beside not in _finder.folders:
        _finder.folders.append(beside)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
