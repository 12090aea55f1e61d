"""Reading a log from its end, and which of its lines tells what went wrong."""

import re
from collections.abc import Sequence
from pathlib import Path

_WINDOW = 65536  # Bytes: more than any last lines that somebody wants to read.
_RAISED = re.compile(r"[\w.]*(Error|Exception|NotFound)\b")
_COMPLAINT = re.compile(r"\b(error|fatal|cannot|could not|failed)\b", re.IGNORECASE)


def tail(log: Path, lines: int = 20, start: int = 0) -> list[str]:
    """Return the last lines of a log, of those after the byte `start`; [] if there is none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(start, size - _WINDOW))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


def telling(lines: Sequence[str]) -> str:
    """Return the line that names the error: the last raised, else complained of, else the last."""
    for pattern in (_RAISED.match, _COMPLAINT.search):
        for line in reversed(lines):
            if pattern(line):
                return line.strip()
    return lines[-1].strip() if lines else "its log is empty"


def what_it_says(lines: Sequence[str]) -> str:
    """Tell the line that names the error."""
    return f"its log says: {telling(lines)}" if lines else "its log is empty"


def last_said(lines: Sequence[str]) -> str:
    """Tell the last line of a log."""
    return f"its log's last line: {lines[-1].strip()}" if lines else "its log is empty"
