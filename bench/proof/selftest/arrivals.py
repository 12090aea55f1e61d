"""The plan: when requests are due by the process they follow, and that it is kept."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Arrivals
from bench.facts.selftest import Claim
from bench.proof.selftest.claims import claim
from bench.proof.selftest.formatting import signed_us
from bench.proof.selftest.server_record import CLOCKS_NS, Recorded, Times, counted
from bench.stats.kolmogorov import distance, p_value
from bench.stats.units import NS_PER_S

GROUP: Final = "Schedule of an open loop"
LEAST_P: Final = 0.001
"""Of a test of distribution. The plan is the same in every self-test, so that chance has no part in
what fails; its own p is 0.8."""

_ROUNDED_NS: Final = 1


@dataclass(frozen=True, slots=True)
class ArrivalPace:
    """Requests at `rate` a second."""

    kind: Arrivals
    rate: float

    @property
    def name(self) -> str:
        """Kind and rate."""
        return f"{self.kind}, {self.rate:,.0f}/s"


def claims(
    pace: ArrivalPace, planned: Times, seen: Recorded, *, ordered: bool = True
) -> list[Claim]:
    """Hold a load against the times that were planned, ns of CLOCK_MONOTONIC.

    Late it may be; what was due is sent all the same, in its order, and never before it was due.
    `ordered`: in its order, where requests that are due together are not sent by connection.
    """
    trace = seen.trace
    spacing = _exponential if pace.kind is Arrivals.POISSON else _constant
    found = [
        spacing(pace, np.diff(trace.due[counted(trace)])),
        _kept(pace, planned, trace.due),
        _in_order(pace, trace.due, trace.sent)
        if ordered
        else _in_time(pace, trace.due, trace.sent),
    ]
    return found if seen.answers is None else [*found, _came(pace, trace.due, seen.answers.came)]


def _exponential(pace: ArrivalPace, gaps: Times) -> Claim:
    p = p_value(distance(-np.expm1(-np.sort(gaps) * (pace.rate / NS_PER_S))), len(gaps))
    return claim(
        GROUP,
        f"{pace.name}: gaps are exponential",
        f"p at least {LEAST_P} (K.-S.)",
        f"p = {p:.3f}, n = {len(gaps):,}",
        holds=p >= LEAST_P,
    )


def _constant(pace: ArrivalPace, gaps: Times) -> Claim:
    worst = float(np.abs(gaps - NS_PER_S / pace.rate).max(initial=0))
    return claim(
        GROUP,
        f"{pace.name}: gaps are constant",
        f"to {_ROUNDED_NS} ns",
        f"to {worst:.0f} ns, n = {len(gaps):,}",
        holds=len(gaps) > 0 and worst <= _ROUNDED_NS,
    )


def _kept(pace: ArrivalPace, planned: Times, due: Times) -> Claim:
    """No intended time is shifted, left out or put in, however late the generator was."""
    same = min(len(due), len(planned))
    kept = _count(due[:same] == planned[:same])
    return claim(
        GROUP,
        f"{pace.name}: requests due as scheduled",
        f"{len(planned):,}",
        f"{kept:,} of {len(due):,}",
        holds=kept == len(due) == len(planned) > 0,
    )


def _in_order(pace: ArrivalPace, due: Times, sent: Times) -> Claim:
    early, disordered, unsent = sent < due, np.diff(sent) < 0, sent == 0
    return claim(
        GROUP,
        f"{pace.name}: unsent, before they were due, out of order",
        "0, 0, 0",
        ", ".join(f"{_count(each)}" for each in (unsent, early & ~unsent, disordered)),
        holds=len(sent) > 0 and not any(_count(each) for each in (unsent, early, disordered)),
    )


def _in_time(pace: ArrivalPace, due: Times, sent: Times) -> Claim:
    """The same in whatever order."""
    unsent, early = sent == 0, (sent < due) & (sent > 0)
    return claim(
        GROUP,
        f"{pace.name}: unsent, before they were due",
        "0, 0",
        f"{_count(unsent)}, {_count(early)}",
        holds=len(sent) > 0 and not any(_count(each) for each in (unsent, early)),
    )


def _came(pace: ArrivalPace, due: Times, came: Times) -> Claim:
    """The same, by the server's books."""
    earliest = float((came - due).min()) if len(due) else 0.0
    return claim(
        GROUP,
        f"{pace.name}: earliest, by the server's record",
        f"not below {signed_us(-CLOCKS_NS)}",
        signed_us(earliest),
        holds=earliest >= -CLOCKS_NS,
    )


def _count(which: NDArray[np.bool_]) -> int:
    return int(which.sum())
