"""What this program is called by the people who read its messages."""

import shlex
import sys
from pathlib import Path
from typing import Final

from bench.system.repository import ROOT

NAME: Final = "weighbridge"
_MODULE: Final = ("python", "-m", "bench")
_SESSIONS: Final = {"run": "bench"}
"""Sessions of nox that are not called as their command is."""


def invoked_as() -> tuple[str, ...]:
    """The words before the command, as it was started: by its name, or as a module."""
    return (NAME,) if Path(sys.argv[0]).stem == NAME else _MODULE


def in_checkout() -> bool:
    """Whether it is run from its repository, and not from where it is installed."""
    return (ROOT / "noxfile.py").is_file()


def call(command: str, *arguments: object) -> str:
    """The line that calls a command: nox does in a checkout, and elsewhere there is none."""
    words = shlex.join(str(word) for word in arguments)
    if in_checkout():
        session = f"nox -s {_SESSIONS.get(command, command)}"
        return f"{session} -- {words}" if words else session
    return " ".join(filter(None, [NAME, command, words]))
