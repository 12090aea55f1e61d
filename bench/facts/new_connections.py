"""What connections have shown in one slice that were opened for one request each."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.stats.histogram import Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnections:
    """Connections of the right answers that are counted (see `Observation`), one for each.

    connections: how many these are. in_window: connections whose right answer came in the window.
    resumed: of the first, those that resumed an earlier TLS session.

    Histograms hold nanoseconds of these. connect: from the call of connect() until TCP's handshake
    was seen to be over. handshake: from then until the kernel had the last bytes of TLS's, as far
    as it stamps; None: there was no TLS. first_answer: from the call of connect() until the kernel
    had the answer, as far as it stamps.
    """

    connections: int
    in_window: int
    resumed: int
    connect: Histogram
    handshake: Histogram | None
    first_answer: Histogram


def connections_together(
    values: Sequence[NewConnections | None], _windows: Sequence[int]
) -> NewConnections | None:
    """Those of all, one after the other or at once; None where none of them had any."""
    known = [value for value in values if value]
    if not known:
        return None
    handshakes = [value.handshake for value in known if value.handshake is not None]
    return NewConnections(
        connections=sum(value.connections for value in known),
        in_window=sum(value.in_window for value in known),
        resumed=sum(value.resumed for value in known),
        connect=Histogram.merged(value.connect for value in known),
        handshake=Histogram.merged(handshakes) if handshakes else None,
        first_answer=Histogram.merged(value.first_answer for value in known),
    )
