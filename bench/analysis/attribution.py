"""Where the time of one cell went: waited for, the generator's own, or the server's."""

from collections.abc import Sequence
from statistics import median

from bench.analysis.model import Attribution, Spread
from bench.analysis.withheld_percentiles import PERCENTS, known
from bench.facts.slice import Slice
from bench.stats.histogram import Histogram

_MS = 1e-6  # ns to ms
_US = 1e-3  # ns to us


def attribution(slices: Sequence[Slice]) -> Attribution:
    """Pool the usable slices of one cell; there is at least one."""
    requests = sum(s.cpu_requests for s in slices)
    generator_us = sum(s.generator_cpu_ns for s in slices) * _US
    return Attribution(
        connection_wait=spread([s.connection_wait for s in slices]),
        send_lag=spread([s.send_lag for s in slices]),
        service=spread([s.service for s in slices]),
        client_delay=spread([s.client_delay for s in slices]),
        raw=spread([s.raw for s in slices]),
        network_ms=_median_ms([s.network_ns for s in slices]),
        generator_cpu_us_per_request=generator_us / requests if requests else None,
        generator_cpu_share=max(s.generator_cpu_share for s in slices),
        starved_share=max(
            (s.starved_share for s in slices if s.starved_share is not None), default=None
        ),
        preemptions=sum(s.preemptions for s in slices),
        collections=sum(s.collections for s in slices),
    )


def spread(found: Sequence[Histogram | None]) -> Spread | None:
    """Merge histograms of ns, those that are known; None when nothing was counted."""
    merged = Histogram.merged(each for each in found if each is not None)
    mean_ns = merged.mean_ns()
    if mean_ns is None:
        return None
    p50, p90, p95, p99 = (_point_ms(merged, percent) for percent in PERCENTS)
    return Spread(
        count=merged.total,
        avg_ms=mean_ns * _MS,
        p50_ms=p50,
        p90_ms=p90,
        p95_ms=p95,
        p99_ms=p99,
        max_ms=(merged.percentile_ns(100) or 0.0) * _MS,
    )


def _point_ms(merged: Histogram, percent: float) -> float | None:
    """One percentile, unless too few requests stand behind it."""
    return (merged.percentile_ns(percent) or 0.0) * _MS if known(percent, merged.total) else None


def _median_ms(found: Sequence[int | None]) -> float | None:
    known = [ns for ns in found if ns is not None]
    return median(known) * _MS if known else None
