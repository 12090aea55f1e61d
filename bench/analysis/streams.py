"""What the streams of events of one cell have shown, from its slices."""

from collections.abc import Callable, Sequence

from bench.analysis.model import StreamFigures
from bench.analysis.withheld_percentiles import known
from bench.facts.combining import occurrences
from bench.facts.slice import Slice
from bench.facts.streams import EventFault, EventStreams
from bench.stats import bootstrap
from bench.stats.bootstrap import Resampling
from bench.stats.estimate import Estimate
from bench.stats.histogram import Histogram

_MS = 1e-6  # ns to ms
_NS_PER_S = 1e9


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
