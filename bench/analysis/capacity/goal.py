"""What a search for capacity is asked to do: the SLO, the lengths of its slices, and the time.

A slice begins with an empty queue. Offered a share x more than it can serve, a queue has grown to
the SLO's limit only after limit / x, so the lead-in is limit / resolution, and LEAD_IN_S at least.
What a slice cannot see nevertheless, the blind spot of limit / (lead-in + window), is taken off the
lower end of every interval. Lead-ins of a second were too short for p95 < 50 ms: on a simulated
M/M/1 of 5,000 requests a second, three searches in four passed a rate above the capacity.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import ceil, nan
from typing import Any, Final

from bench.analysis.capacity.slo import Slo, parse
from bench.errors import HarnessError, UsageError
from bench.stats.units import NS_PER_S

DEFAULT_BUDGET_S: Final = 120.0
FINEST: Final = 0.005
COARSEST: Final = 0.2
"""Resolutions: finer ones take hours, and coarser ones say nothing."""

LEAD_IN_S: Final = 1.0
"""At the least: the queue of 1,000 requests/s at 85 % load forgets in a sixth of it."""

WINDOW_S: Final = 2.0
DRAIN_S: Final = 1.0

OVERLOAD: Final = 1.5
"""Times the capacity, offered when it has been found."""

RECOVERY: Final = 0.5
"""Times the capacity, offered after that until the SLO holds again."""

RECOVERY_S: Final = 0.5
"""Of each slice of the recovery."""

RECOVERY_MOST: Final = 20
"""Slices of the recovery; a server that needs more does not recover."""

_SEARCH_SLICES: Final = 14
"""Four steps up, three rates of bisection, and a few slices more at the ends: less shows nothing.
A search that is sharp takes some twenty."""

_VERIFY_SLICES: Final = 6
_BETWEEN_S: Final = 0.2  # of connections and of the journal, between two slices


@dataclass(frozen=True, slots=True)
class CapacityGoal:
    """What was asked for, resolved; times in seconds.

    budget_s: of load on each server. resolution: the search ends where hi / lo - 1 is no more.
    """

    slo: Slo
    resolution: float
    budget_s: float
    overload_s: float
    lead_in_s: float
    window_s: float = WINDOW_S
    drain_s: float = DRAIN_S

    @property
    def blind(self) -> float:
        """Overload, as a share of the rate, that a slice may be too short to see."""
        return self.slo.limit_ns / NS_PER_S / (self.lead_in_s + self.window_s)

    @property
    def slice_s(self) -> float:
        """What a slice takes, with what comes between."""
        return self.lead_in_s + self.window_s + _BETWEEN_S

    @property
    def least_s(self) -> float:
        """The smallest budget that would do."""
        return (_SEARCH_SLICES + _VERIFY_SLICES) * self.slice_s + self._overloading_s

    @property
    def search_s(self) -> float:
        """Of the budget, what the search may take."""
        return self.verify_s - _VERIFY_SLICES * self.slice_s

    @property
    def search_slices(self) -> int:
        """How many slices the search has time for."""
        return int(self.search_s / self.slice_s)

    @property
    def verify_s(self) -> float:
        """Of the budget, what search and verification may take together."""
        return self.budget_s - self._overloading_s

    @property
    def _overloading_s(self) -> float:
        return self.overload_s + self.drain_s + 2 * RECOVERY_S

    @property
    def settings(self) -> dict[str, Any]:
        """Write it down for the manifest."""
        return {**asdict(self), "slo": self.slo.text}


def resolution(text: str) -> float:
    """Read "3%" as a share. Raises UsageError."""
    try:
        share = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        share = nan
    if not FINEST <= share <= COARSEST:
        raise UsageError(
            f"--resolution '{text}' is out of range: give {FINEST:.1%} to {COARSEST:.0%}, like 3%"
        )
    return share


def resolved(slo: str, share: float, budget_s: float | None, overload_s: float) -> CapacityGoal:
    """Choose lengths, and a budget where none (None) is given. Raises UsageError."""
    read_slo = parse(slo)
    lead_in_s = max(LEAD_IN_S, read_slo.limit_ns / NS_PER_S / share)
    aim = CapacityGoal(read_slo, share, budget_s or 0.0, overload_s, lead_in_s)
    if budget_s is None:
        return replace(aim, budget_s=float(max(DEFAULT_BUDGET_S, ceil(aim.least_s))))
    if budget_s < aim.least_s:
        raise UsageError(
            f"--budget {budget_s:g}s is too short for '{read_slo.text}', which takes slices of "
            f"{aim.slice_s:.3g} s: give each server {ceil(aim.least_s)}s or more"
            + (f", or a coarser --resolution than {share:.1%}" if lead_in_s > LEAD_IN_S else "")
        )
    return aim


def read(settings: Mapping[str, Any]) -> CapacityGoal:
    """Read what was written into the manifest. Raises HarnessError."""
    try:
        return CapacityGoal(**{**settings, "slo": parse(settings["slo"])})
    except (KeyError, TypeError, UsageError) as error:
        raise HarnessError(f"the settings in the run's manifest are damaged: {error}") from error
