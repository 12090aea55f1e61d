"""A server that lies: each lie must be counted once, as what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bench.facts.selftest import Claim
from bench.facts.slice import Observation, Outcome
from bench.proof.reference.lying_server import Lie
from bench.proof.selftest.claims import claim

GROUP: Final = "A server that misbehaves (lost: connections that it closed)"

OUTCOMES: Final[Mapping[Lie, Outcome]] = {
    Lie.WRONG_BODY: Outcome.WRONG_BODY,
    Lie.WRONG_STATUS: Outcome.WRONG_STATUS,
    Lie.TRUNCATED_BODY: Outcome.RESET,
    Lie.TOO_LONG_A_BODY: Outcome.WRONG_BODY,
    Lie.LENGTH_TOO_LARGE: Outcome.TIMEOUT,
    Lie.TWO_ANSWERS: Outcome.WRONG_BODY,
    Lie.NO_ANSWER: Outcome.TIMEOUT,
    Lie.RESET_IN_BODY: Outcome.RESET,
    Lie.ENDLESS_HEAD: Outcome.WRONG_BODY,
    Lie.ANSWER_AND_CLOSE: Outcome.OK,
    Lie.ONE_BYTE_AT_A_TIME: Outcome.OK,
}

LOSING: Final = frozenset({Lie.TRUNCATED_BODY, Lie.RESET_IN_BODY, Lie.ANSWER_AND_CLOSE})
"""Each of these costs a connection, closed by the server."""

LATE_NS: Final = 10_000_000_000
"""That a slice may end after its deadline: what is done after it takes milliseconds on a quiet
machine. A generator that a lie holds up never ends."""


@dataclass(frozen=True, slots=True)
class Told:
    """One lie, told to one in `every` of so many requests."""

    lie: Lie
    requests: int
    every: int


def counted(told: Told, committed: int, seen: Observation, found_lost: int) -> Claim:
    """Every request has its outcome, and those that were lied to have the lie's.

    found_lost: connections that the generator found closed, in the slice and after it.
    """
    expected = _outcomes(told.lie, told.requests, committed)
    lost = committed if told.lie in LOSING else 0
    return claim(
        GROUP,
        f"{told.lie.replace('-', ' ')}, 1 in {told.every} of {told.requests:,}",
        _words(expected, lost),
        _words(seen.outcomes, found_lost),
        holds=committed == told.requests // told.every
        and seen.outcomes == expected
        and found_lost == lost,
    )


def _outcomes(lie: Lie, requests: int, committed: int) -> dict[Outcome, int]:
    if OUTCOMES[lie] is Outcome.OK:
        return {Outcome.OK: requests}
    return {Outcome.OK: requests - committed, OUTCOMES[lie]: committed}


def _words(outcomes: Mapping[Outcome, int], lost: int) -> str:
    words = [f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in outcomes.items()]
    return ", ".join(words + ([f"{lost} lost"] if lost else []))


def in_time(late_ns: int) -> Claim:
    """No lie may hold the generator up; `late_ns`: by how much the worst did."""
    return claim(
        GROUP,
        "latest end after the deadline",
        f"at most {LATE_NS / 1e9:.1f} s",
        f"{max(0, late_ns) / 1e9:.1f} s",
        holds=late_ns <= LATE_NS,
    )
