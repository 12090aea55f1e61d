"""What the streams of events of one cell have shown, from its slices."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench.analysis.model import StreamComparison, StreamFigures
from bench.analysis.slice_figures import usable
from bench.analysis.withheld_percentiles import known
from bench.facts.combining import occurrences
from bench.facts.slice import Slice
from bench.facts.streams import EventFault, EventStreams
from bench.stats import bootstrap
from bench.stats.bootstrap import Resampling
from bench.stats.compare import Parts
from bench.stats.estimate import Estimate
from bench.stats.family import as_family, steadied
from bench.stats.histogram import Histogram
from bench.stats.ranks import ranks

_MS = 1e-6  # ns to ms
_NS_PER_S = 1e9


def _first_byte(one: EventStreams, _: Slice) -> float | None:
    return _point(one.first_byte, 50)


def _gap(one: EventStreams, _: Slice) -> float | None:
    return _point(one.gap, 95)


def _event_rate(one: EventStreams, of: Slice) -> float | None:
    return one.events_in_window / (of.window_ns / _NS_PER_S) or None


def _point(found: Histogram, percent: float) -> float | None:
    """A percentile, ms; None where it is withheld, or 0: events that came together."""
    ns = found.percentile_ns(percent) if known(percent, found.total) else None
    return ns * _MS if ns else None


_COMPARED: Final[Mapping[str, tuple[Callable[[EventStreams, Slice], float | None], bool]]] = {
    "first_byte_p50_ms": (_first_byte, True),
    "gap_p95_ms": (_gap, True),
    "event_rate": (_event_rate, False),
}
"""What servers are compared by, of an exposure, and whether less of it is better."""


def stream_comparisons(
    exposures: Mapping[str, Sequence[Slice]], baseline: str, stage: int | None
) -> tuple[StreamComparison, ...]:
    """Compare profiles by each figure that they have; none where no answer was a stream."""
    found = []
    for name, (figure, lower_is_better) in _COMPARED.items():
        fine = {profile: _fine(slices, figure) for profile, slices in exposures.items()}
        known_of = {profile: each for profile, each in fine.items() if each}
        if known_of:
            pairs = as_family(steadied(known_of, stage=stage))
            places = ranks(list(known_of), pairs, lower_is_better=lower_is_better)
            found.append(StreamComparison(name, baseline, pairs, places))
    return tuple(found)


def _fine(
    slices: Sequence[Slice], figure: Callable[[EventStreams, Slice], float | None]
) -> dict[tuple[int, int], Parts]:
    values = {
        (one.round, one.rotation): figure(one.streams, one)
        for one in usable(slices)
        if one.streams is not None
    }
    return {key: Parts.of(value, ()) for key, value in values.items() if value is not None}


def stream_figures(slices: Sequence[Slice], draws: Resampling) -> StreamFigures | None:
    """Put an interval around each figure; None where no slice had a stream."""
    found = [one.streams for one in slices if one.streams is not None]
    if not found:
        return None
    windows_s = [one.window_ns / _NS_PER_S for one in slices]
    faults = occurrences([each.faults for each in found])
    events = [float(one.streams.events_in_window) if one.streams else 0.0 for one in slices]
    times = (
        points("first_byte", _of(slices, lambda each: each.first_byte), (50, 95), draws),
        points("gap", _of(slices, lambda each: each.gap), (50, 95, 99), draws),
        points("stream", _of(slices, lambda each: each.duration), (50,), draws),
        points("plain", _of(slices, lambda each: each.plain), (50, 95), draws),
    )
    return StreamFigures(
        streams=sum(each.streams for each in found),
        events=sum(each.events for each in found),
        faults={kind: faults[kind] for kind in EventFault if kind in faults},
        event_rate=bootstrap.ratio_of_sums(events, windows_s, draws),
        streams_held=_held(slices, windows_s, draws),
        **{name: one for each in times for name, one in each.items()},
    )


def _held(
    slices: Sequence[Slice], windows_s: Sequence[float], draws: Resampling
) -> Estimate | None:
    """Streams open at once, averaged over all windows."""
    amounts = [
        one.streams.held_mean * window_s if one.streams else 0.0
        for one, window_s in zip(slices, windows_s, strict=True)
    ]
    return bootstrap.ratio_of_sums(amounts, windows_s, draws)


def _of(
    slices: Sequence[Slice], read: Callable[[EventStreams], Histogram | None]
) -> list[Histogram]:
    """One histogram of each slice, empty where it has none."""
    found = [read(one.streams) if one.streams else None for one in slices]
    return [Histogram.empty() if each is None else each for each in found]


def points(
    name: str, histograms: Sequence[Histogram], percents: Sequence[float], draws: Resampling
) -> dict[str, Estimate]:
    """Percentiles of all slices pooled, ms, by name, but those with too few behind them."""
    total = sum(each.total for each in histograms)
    shown = [percent for percent in percents if known(percent, total)]
    pooled = bootstrap.pooled(histograms, shown, draws)
    if pooled is None:
        return {}
    return {
        f"{name}_p{percent:g}_ms": one.scaled(_MS)
        for percent, one in zip(shown, pooled.percentiles, strict=True)
    }
