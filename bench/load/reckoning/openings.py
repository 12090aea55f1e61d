"""How connections were opened that carry one request each: written down, then reckoned."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.facts.new_connections import NewConnections
from bench.load.events.reckoning import Answers, came_at
from bench.stats.histogram import Histogram

_Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SecuredAt:
    """The end of a TLS handshake.

    read_ns: when its last bytes were read (CLOCK_MONOTONIC); stamp_ns: when the kernel received
    them (CLOCK_REALTIME; 0: it did not say). resumed: it was that of an earlier session.
    """

    read_ns: int
    stamp_ns: int
    resumed: bool


class OpeningLog:
    """When connections were open, by the slot of the request for which they were opened.

    connected: when TCP's handshake was seen to be over, ns. secured: how TLS's was; of no
    connection without TLS.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.connected: dict[int, int] = {}
        self.secured: dict[int, SecuredAt] = {}


def reckon_openings(
    log: OpeningLog, answers: Answers, stamped: _Times, clock_offset_ns: int | None
) -> NewConnections | None:
    """What new connections have shown; None where none was opened for a request.

    `stamped`: when the kernel had each answer, as far as it stamps, shape (n,).
    """
    if not log.connected:
        return None
    size = answers.sent.size
    connected = _by_slot(log.connected, size)
    kept = answers.right & answers.counted & (connected > 0)
    in_window = (answers.came >= answers.start) & (answers.came < answers.end)
    return NewConnections(
        connections=int(kept.sum()),
        in_window=int((answers.right & in_window & (connected > 0)).sum()),
        resumed=sum(each.resumed for slot, each in log.secured.items() if kept[slot]),
        connect=Histogram.of((connected - answers.sent)[kept]),
        handshake=_handshakes(log, connected, kept, clock_offset_ns),
        first_answer=Histogram.of((stamped - answers.sent)[kept]),
    )


def _by_slot(found: dict[int, int], size: int) -> _Times:
    """Times in an array of shape (size,); 0: none is known."""
    times = np.zeros(size, dtype=np.int64)
    times[np.fromiter(found, dtype=np.int64)] = np.fromiter(found.values(), dtype=np.int64)
    return times


def _handshakes(
    log: OpeningLog, connected: _Times, kept: NDArray[np.bool_], clock_offset_ns: int | None
) -> Histogram | None:
    """From when a connection was open until the handshake's last bytes had come."""
    if not log.secured:
        return None
    slots = np.fromiter(log.secured, dtype=np.int64)
    read = np.array([each.read_ns for each in log.secured.values()], dtype=np.int64)
    stamps = np.array([each.stamp_ns for each in log.secured.values()], dtype=np.int64)
    times = came_at(read, stamps, clock_offset_ns) - connected[slots]
    return Histogram.of(times[kept[slots]])
