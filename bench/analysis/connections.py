"""What connections that were opened for one request each have shown, from the slices of a cell."""

from collections.abc import Callable, Sequence

from bench.analysis.model import ConnectionFigures
from bench.analysis.streams import points
from bench.facts.new_connections import NewConnections
from bench.facts.slice import Slice
from bench.stats import bootstrap
from bench.stats.bootstrap import Resampling
from bench.stats.estimate import Estimate
from bench.stats.histogram import Histogram

_NS_PER_S = 1e9


def connection_figures(slices: Sequence[Slice], draws: Resampling) -> ConnectionFigures | None:
    """Put an interval around each figure; None where connections were kept."""
    found = [one.new_connections for one in slices if one.new_connections is not None]
    if not found:
        return None
    windows_s = [one.window_ns / _NS_PER_S for one in slices]
    times = (
        points("first_answer", _of(slices, lambda each: each.first_answer), (50, 95, 99), draws),
        points("connect", _of(slices, lambda each: each.connect), (50, 99), draws),
        points("handshake", _of(slices, lambda each: each.handshake), (50, 95), draws),
    )
    return ConnectionFigures(
        connections=sum(each.connections for each in found),
        connection_rate=bootstrap.ratio_of_sums(
            _numbers(slices, lambda each: each.in_window), windows_s, draws
        ),
        resumed_share=_resumed_share(slices, draws),
        **{name: one for each in times for name, one in each.items()},
    )


def _resumed_share(slices: Sequence[Slice], draws: Resampling) -> Estimate | None:
    """Of the connections that spoke TLS; None where none did."""
    secured = _numbers(slices, lambda each: each.connections if each.handshake else 0)
    if not any(secured):
        return None
    return bootstrap.ratio_of_sums(_numbers(slices, lambda each: each.resumed), secured, draws)


def _numbers(slices: Sequence[Slice], read: Callable[[NewConnections], int]) -> list[float]:
    return [float(read(one.new_connections)) if one.new_connections else 0.0 for one in slices]


def _of(
    slices: Sequence[Slice], read: Callable[[NewConnections], Histogram | None]
) -> list[Histogram]:
    """One histogram of each slice, empty where it has none."""
    found = [read(one.new_connections) if one.new_connections else None for one in slices]
    return [Histogram.empty() if each is None else each for each in found]
