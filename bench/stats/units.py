"""Units of time, and durations as people and programs write them: a number and its unit."""

import re
from typing import Final

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
UNITS_NS: Final = {
    "us": 1_000,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
DURATION: Final = r"\d+(?:\.\d+)?(?:us|ms|s|m|h)"
"""One duration, without a group, for regular expressions."""
_PARTS: Final = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")


def duration_ns(text: str) -> float | None:
    """Read "337.15us", "90s" or "1h"; None where it is no duration."""
    parts = _PARTS.fullmatch(text.strip())
    return None if parts is None else float(parts[1]) * UNITS_NS[parts[2]]
