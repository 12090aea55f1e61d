"""What the slices so far say of each server: sums, so that a slice costs the same at any time.

These are running figures to look at. What may be claimed is worked out from the facts, in reports.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from bench.analysis.slice_figures import cpu, median, throughput
from bench.facts.load import Mode, Sent
from bench.facts.slice import DoubtKind, Role, Slice, Verdict


@dataclass(slots=True)
class Mean:
    """The mean of values that come one by one."""

    total: float = 0.0
    count: int = 0

    def add(self, value: float | None) -> None:
        """Take in a value, if there is one."""
        if value is not None:
            self.total += value
            self.count += 1

    @property
    def value(self) -> float | None:
        """Sum / number of the values; None where there are none."""
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class ServerStanding:
    """What is known of one server so far.

    throughput_rps, cpu_us: means over its exposures at saturation. median_ms: mean over the medians
    of its exposures at the common rate. doubts: exposures in which each kind arose. precision:
    half-width of its widest interval against the baseline, as a share, and what that was a round
    before. sent: what it is loaded with.
    """

    profile: str
    is_baseline: bool
    throughput_rps: Mean = field(default_factory=Mean)
    cpu_us: Mean = field(default_factory=Mean)
    median_ms: Mean = field(default_factory=Mean)
    doubts: Counter[DoubtKind] = field(default_factory=Counter)
    precision: float | None = None
    precision_before: float | None = None
    sent: Sent = Sent.REQUEST


class Standings:
    """All servers, under the first workload that was measured; doubts are those of all."""

    def __init__(self, baseline: str) -> None:
        self._baseline = baseline
        self._workload: str | None = None
        self._by_profile: dict[str, ServerStanding] = {}

    def add(self, done: Slice) -> None:
        """Take in an exposure; other slices say nothing, nor do the figures of invalid ones."""
        if done.role is not Role.EXPOSURE:
            return
        one = self._of(done.cell.profile)
        one.doubts.update({doubt.kind for doubt in done.doubts})
        self._workload = self._workload or done.cell.workload
        if done.verdict is Verdict.INVALID or done.cell.workload != self._workload:
            return
        one.sent = done.cell.load.sent
        if done.cell.load.mode is Mode.CLOSED:
            one.throughput_rps.add(throughput(done))
            one.cpu_us.add(cpu(done))
        else:
            one.median_ms.add(median(done))

    def known(self, precision: Mapping[str, float]) -> None:
        """Note how exactly servers are known after another round; who is left out took no part."""
        for profile, share in precision.items():
            one = self._of(profile)
            one.precision_before, one.precision = one.precision, share

    def best_first(self) -> list[ServerStanding]:
        """In the order of throughput; those without one last, as they came."""
        return sorted(self._by_profile.values(), key=lambda one: -_or(one.throughput_rps, -inf))

    def _of(self, profile: str) -> ServerStanding:
        standing = ServerStanding(profile, is_baseline=profile == self._baseline)
        return self._by_profile.setdefault(profile, standing)


def _or(mean: Mean, absent: float) -> float:
    return absent if mean.value is None else mean.value
