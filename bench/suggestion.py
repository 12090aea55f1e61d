"""What was probably meant by a name that is unknown."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one; None: none is."""
    found = get_close_matches(name, list(known), n=1)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask whether that was meant; empty where no known name is like this one."""
    near = nearest(name, known)
    return "" if near is None else f": did you mean '{near}'?"
