"""The folder of a run: made new, or refused."""

import os
import re
from contextlib import suppress
from pathlib import Path

from bench.errors import HarnessError, UsageError
from bench.facts.journal import JOURNAL, MANIFEST


def run_folder(out: Path | None, started_at: str) -> Path:
    """Make the folder of a run: `out`, or a new one below results/ named after the time.

    Raises UsageError when `out` holds a run or anything else, HarnessError when it cannot be
    written.
    """
    folder = out or Path("results") / re.sub(r"[^0-9T]", "", started_at.partition(".")[0])
    try:
        if out is None:
            return _made(folder)
        folder.mkdir(parents=True, exist_ok=True)
        held = sorted(entry.name for entry in folder.iterdir())
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        raise HarnessError(
            f"--out '{folder}' cannot be written ({error.strerror}): name another folder"
        ) from error
    if not writable:
        raise HarnessError(f"--out '{folder}' cannot be written: name another folder")
    if {MANIFEST, JOURNAL} & set(held):
        raise UsageError(
            f"--out '{folder}' already holds a run: name another folder, or remove that one"
        )
    if held:
        raise UsageError(f"--out '{folder}' is not empty ('{held[0]}' is in it): name a new folder")
    return folder


def _made(folder: Path) -> Path:
    """Make a folder of that name, or with a number after it: two runs may start at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for name in (folder.name, *(f"{folder.name}-{number}" for number in range(2, 100))):
        with suppress(FileExistsError):
            made = folder.with_name(name)
            made.mkdir()
            return made
    raise HarnessError(f"'{folder}' and its numbered variants all exist: name a folder with --out")
