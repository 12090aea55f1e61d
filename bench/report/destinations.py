"""Where reports about several runs may be written: never over facts."""

from collections.abc import Container
from pathlib import Path

from bench.errors import UsageError
from bench.facts.journal import JOURNAL, MANIFEST


def check_file(path: Path, suffixes: Container[str], known: str) -> None:
    """Refuse a file that cannot or must not be written to. Raises UsageError."""
    if path.suffix not in suffixes:
        raise UsageError(f"--out '{path}' has an unknown format: use the ending {known}")
    if path.name in {MANIFEST, JOURNAL}:
        raise UsageError(f"--out '{path}' would overwrite the data of a run: name another file")
    if path.is_dir():
        raise UsageError(f"--out '{path}' is a folder: name a file")
    if not path.parent.is_dir():
        raise UsageError(
            f"--out '{path}' is in a folder that does not exist: create '{path.parent}' first"
        )


def check_folder(path: Path) -> None:
    """Refuse what is there and is no folder. Raises UsageError."""
    if path.exists() and not path.is_dir():
        raise UsageError(f"--out '{path}' is a file: name a folder")
