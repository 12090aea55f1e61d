"""Reading a log from its end, and finding the line that says what went wrong."""

import re
from collections.abc import Sequence
from pathlib import Path

_WINDOW = 65536  # Bytes: more than the last lines that a person reads.
_RAISED = re.compile(r"[\w.]*(Error|Exception|NotFound)\b")
_TRACEBACK = ("Traceback (most recent call last)", "Exception Group Traceback (most recent")
_FRAME = re.compile(r"^ *[|+] ")
_USER = re.compile(r"(?<=://)\S*@")
_LONGEST_EXCEPTION = 300  # characters: messages may quote whole statements
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


def last_exception(lines: Sequence[str]) -> str | None:
    """Return the exception that the last traceback in a log ends with, without passwords in URLs.

    Of an exception group, the last of its members. Where no traceback is whole, as in a log whose
    format is the app's own, the last line that begins with the name of an exception; None: no line
    does.
    """
    found, is_inside = None, False
    for line in map(_without_frame, lines):
        if line.startswith(_TRACEBACK):
            is_inside = True
        elif is_inside and not line.startswith(" "):
            is_inside, found = False, line
    if found is None:
        found = next(filter(_RAISED.match, reversed(lines)), None)
    return None if found is None else _USER.sub("***@", found[:_LONGEST_EXCEPTION])


def _without_frame(line: str) -> str:
    """A line of an exception group without the bars that are drawn to its left."""
    return _FRAME.sub("", line)


def telling(lines: Sequence[str]) -> str:
    """Return the line that names the error: the last raised, else logged, else the last."""
    for pattern in (_RAISED.match, _COMPLAINT.search):
        for line in reversed(lines):
            if pattern(line):
                return line.strip()
    return lines[-1].strip() if lines else "its log is empty"


def what_it_says(lines: Sequence[str]) -> str:
    """Quote the line that names the error."""
    return f"its log says: {telling(lines)}" if lines else "its log is empty"


def last_said(lines: Sequence[str]) -> str:
    """Quote the last line of a log."""
    return f"its log's last line: {lines[-1].strip()}" if lines else "its log is empty"
