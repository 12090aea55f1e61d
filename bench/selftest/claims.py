"""Building claims."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.domain import Claim, Finding


def claim(group: str, text: str, expected: str, measured: str, *, holds: bool) -> Claim:
    """Claim something that was found to hold, or not to."""
    return Claim(group, text, expected, measured, Finding.HOLDS if holds else Finding.FAILS)


def noted(group: str, text: str, measured: str) -> Claim:
    """Note a figure that nothing is claimed of."""
    return Claim(group, text, "", measured, Finding.NOTED)


def disturbed(failed: Claim, evidence: str) -> Claim:
    """Say of a claim that fails that the machine was disturbed, and what tells so."""
    measured = f"{failed.measured} ({evidence})"
    return replace(failed, measured=measured, finding=Finding.DISTURBED)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one attempt at an experiment has shown.

    exact: claims that no disturbance can excuse; timing: claims that one can. evidence: of a
    disturbance during the attempt, in words; None: there is none. requests, failures: of servers
    that never fail. ceiling_rps: answers a second that our own connections reached.
    """

    exact: tuple[Claim, ...] = ()
    timing: tuple[Claim, ...] = ()
    evidence: str | None = None
    requests: int = 0
    failures: int = 0
    ceiling_rps: float | None = None


def never_failed(shown: Sequence[Shown]) -> Claim:
    """No right answer may be taken for a wrong one, or be lost."""
    requests = sum(each.requests for each in shown)
    failures = sum(each.failures for each in shown)
    return claim(
        "Servers that never fail",
        f"failures among {requests:,} requests",
        "0",
        f"{failures:,}",
        holds=requests > 0 and failures == 0,
    )
