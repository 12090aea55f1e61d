"""Durations as tools print them: a number and its unit, as in 337.15us."""

import re
from typing import Final

PATTERN: Final = r"([\d.]+(?:us|ms|s|m|h))\b"
"""One duration, as a group of a regular expression."""

_PARTS: Final = re.compile(r"([\d.]+)(us|ms|s|m|h)")
_UNITS_NS: Final = {"us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}


def found_ns(pattern: str, text: str) -> float | None:
    """The duration that is the first group of a pattern, ns; None where there is none.

    `^` stands for the beginning of a line.
    """
    found = re.search(pattern, text, re.MULTILINE)
    parts = _PARTS.fullmatch(found[1]) if found else None
    return None if parts is None else float(parts[1]) * _UNITS_NS[parts[2]]
