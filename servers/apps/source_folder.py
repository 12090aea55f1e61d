"""The `src` of a project, for an app that is imported from there and started above it."""

from pathlib import Path
from typing import Final

SOURCES: Final = "src"


def source_folder(project: Path, target: str) -> Path | None:
    """Return a project's `src` where only that has the module of a target; None: it has none."""
    below = project / SOURCES
    first = target.partition(":")[0].partition(".")[0]
    return below if has_module(below, first) and not has_module(project, first) else None


def has_module(folder: Path, name: str) -> bool:
    """Tell whether a folder has a module or a package of that name."""
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()
