"""Which commit of Weighbridge is running, and which of an app."""

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


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
