"""How often the regression gate is right: on the same head, and on one slower by a known share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.proof.reference.apps import slowed_app
from servers.apps.app import items_app

SLOWER: Final = 0.10
"""Of the CPU time of a request at saturation."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of the gate: its sides, as `regress` takes them, and whether it is to fail."""

    name: str
    base: str
    head: str
    should_fail: bool


def trials(number: int, loops_in_a_request: float) -> Iterator[Trial]:
    """So many of either kind, in turns, so that a machine's moods hit both kinds alike."""
    same, slower = side_with(0), side_with(round(SLOWER * loops_in_a_request))
    for turn in range(1, number + 1):
        yield Trial(f"unchanged-{turn:02}", same, same, should_fail=False)
        yield Trial(f"slower-{turn:02}", same, slower, should_fail=True)


def side_with(loops: int) -> str:
    """The items app behind a loop, as `regress` takes a side."""
    return f"{slowed_app.SLOWED}={items_app().asgi},{slowed_app.LOOPS}={loops}"
