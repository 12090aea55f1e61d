"""What the instrument could prove of itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_HTTP3: Final = "h3"


class Finding(StrEnum):
    """What came of one claim of the self-test."""

    HOLDS = "holds"
    FAILS = "fails"
    NOTED = "noted"  # a figure that nothing is claimed of


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the self-test, in words; `group` is what was put to the test."""

    group: str
    claim: str
    expected: str
    measured: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """By how much figures of response times (open loop) may be off on this machine, ns.

    Of each figure the largest difference, in so many experiments, between what was reported and
    what the reference server had written down itself. None: not measured.
    """

    avg_ns: float | None = None
    p50_ns: float | None = None
    p90_ns: float | None = None
    p95_ns: float | None = None
    p99_ns: float | None = None
    experiments: int = 0


def new_connections_over(protocol: str) -> str:
    """What a ceiling over new connections of a protocol is called."""
    return f"{protocol}, new connections"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the instrument could prove of itself on this machine, and how exact it is there.

    claims: its logic, which holds or fails; and figures, which are noted. ceiling_rps: answers a
    second that it reached on a server that does nothing, with `ceiling_connections`; None: not
    measured. ceilings: the same over other protocols, and over new connections, as far as it was
    measured.
    """

    form: str  # "short" or "full"
    started_at: str
    duration_s: float
    claims: tuple[Claim, ...]
    ceiling_rps: float | None
    ceiling_connections: int
    budget: ErrorBudget = ErrorBudget()
    ceilings: dict[str, float] = field(default_factory=dict)

    def ceiling_over(self, protocol: str, *, renewed: bool = False) -> float | None:
        """What it reached over a protocol, or over HTTP/1.1: that costs it more than all but h3.

        `renewed`: over connections that were opened for one request each.
        """
        if renewed:
            return self.ceilings.get(new_connections_over(protocol))
        return self.ceilings.get(protocol, None if protocol == _HTTP3 else self.ceiling_rps)

    @property
    def passed(self) -> bool:
        """Whether the logic holds."""
        return all(claim.finding is not Finding.FAILS for claim in self.claims)
