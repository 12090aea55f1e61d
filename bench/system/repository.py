"""Which commit of Weighbridge is running, which of an app, and what differs from it."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def commit() -> str | None:
    """Hash of Weighbridge's commit, with "+" if the tree differs; None outside of a checkout."""
    top = _git(ROOT, "rev-parse", "--show-toplevel")
    if top is None or Path(top) != ROOT:  # installed, in a repository of another
        return None
    return commit_of(ROOT)


def commit_of(folder: Path) -> str | None:
    """Hash of the commit that a folder is of, with "+" if its working tree differs.

    None where there is no git, and for a folder of which a repository around it knows nothing.
    """
    if not _git(folder, "ls-files", "--", "."):
        return None
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    if head is None:
        return None
    return f"{head}+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else head


def tracked_changes(folder: Path) -> bytes | None:
    """The commit of a folder's repository, and what its tracked files differ by; None without git.

    What the user has set for what `git diff` shows changes nothing.
    """
    head = _git(folder, "rev-parse", "HEAD")
    plain = ("--binary", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=diff")
    changes = _output(folder, "diff", *plain, "HEAD")
    return None if head is None or changes is None else head.encode() + b"\n" + changes


def untracked(folder: Path) -> set[str]:
    """Paths within a folder of files that git neither tracks nor ignores; empty without git."""
    listed = _output(folder, "ls-files", "-z", "--others", "--exclude-standard", "--", ".") or b""
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def _git(folder: Path, *arguments: str) -> str | None:
    output = _output(folder, *arguments)
    return None if output is None else output.decode(errors="replace").strip()


def _output(folder: Path, *arguments: str) -> bytes | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
