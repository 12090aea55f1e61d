"""Building claims, and those that are of the whole self-test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.facts.selftest import Claim, Finding

_ACCOUNTS = "Accounts"


def claim(group: str, text: str, expected: str, measured: str, *, holds: bool) -> Claim:
    """Claim something that was found to hold, or not to."""
    return Claim(group, text, expected, measured, Finding.HOLDS if holds else Finding.FAILS)


def noted(group: str, text: str, measured: str) -> Claim:
    """Note a figure that nothing is claimed of."""
    return Claim(group, text, "", measured, Finding.NOTED)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an experiment has shown.

    logic: claims that hold or fail, whatever the machine does. exactness: figures, of which nothing
    is claimed. errors: of figures reported, ns, by their name in `ErrorBudget`. requests, failures:
    of servers that never fail. booked: how many of these requests stand in the server's own books;
    None: it has none. ceiling_rps: answers a second that our own connections reached; ceilings:
    the same by other protocols.
    """

    logic: tuple[Claim, ...] = ()
    exactness: tuple[Claim, ...] = ()
    errors: Mapping[str, float] = field(default_factory=dict)
    requests: int = 0
    failures: int = 0
    booked: int | None = None
    ceiling_rps: float | None = None
    ceilings: Mapping[str, float] = field(default_factory=dict)


def never_failed(shown: Sequence[Shown]) -> Claim:
    """No right answer may be taken for a wrong one, or be lost."""
    requests = sum(each.requests for each in shown)
    failures = sum(each.failures for each in shown)
    return claim(
        _ACCOUNTS,
        f"failures among {requests:,} requests to servers that never fail",
        "0",
        f"{failures:,}",
        holds=requests > 0 and failures == 0,
    )


def same_count(shown: Sequence[Shown]) -> Claim:
    """Each request was answered once by the server's books, and none was invented or forgotten."""
    pairs = [(each.booked, each.requests) for each in shown if each.booked is not None]
    return claim(
        _ACCOUNTS,
        "requests in the server's own record",
        f"{sum(booked for booked, _ in pairs):,}",
        f"{sum(requests for _, requests in pairs):,}",
        holds=bool(pairs) and all(booked == requests for booked, requests in pairs),
    )
