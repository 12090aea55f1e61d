"""Git, for tests that need a repository."""

import subprocess
from pathlib import Path
from typing import Final

_AUTHOR: Final = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def git(root: Path, *arguments: str) -> str:
    """What git answers."""
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


def commit_all(root: Path) -> None:
    """Make a folder a repository, with one commit of all that is in it."""
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, *_AUTHOR, "commit", "-qm", "one")
