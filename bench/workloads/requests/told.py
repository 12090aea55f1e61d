"""Many things in one line: the first of them, and how many more there are."""

from collections.abc import Sequence
from typing import Final

_MOST: Final = 3


def told(each: Sequence[str], most: int = _MOST) -> str:
    """At most so many of them."""
    more = f"; and {len(each) - most:,} more" if len(each) > most else ""
    return f"{'; '.join(each[:most])}{more}"
