"""Little's law, L = lambda W, between readings that do not come from each other."""

from dataclasses import dataclass
from typing import Final

from bench.domain import Claim, Observation
from bench.selftest.claims import claim
from bench.selftest.tolerances import FIGURE_ERROR_NS, IN_FLIGHT_ERROR
from bench.selftest.words import us

GROUP: Final = "How many are in flight (Little's law)"
_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Books:
    """What a server has written down itself: requests answered, and the time all were there, ns."""

    answered: int
    here_ns: int

    def __sub__(self, earlier: "Books") -> "Books":
        return Books(self.answered - earlier.answered, self.here_ns - earlier.here_ns)


def throughput(connections: int, service_ns: int, seen: Observation) -> Claim:
    """N connections on a server that takes S make N / S answers a second, in closed loop.

    At most each has one answer more in the window than that, because of the window's two ends.
    """
    low = connections * _NS / (service_ns + FIGURE_ERROR_NS)
    high = connections * _NS * (1 / service_ns + 1 / seen.window_ns)
    return claim(
        GROUP,
        f"{connections} connections, {service_ns / 1e6:g} ms each: throughput",
        f"{low:,.0f} to {high:,.0f} a second",
        f"{seen.throughput_rps:,.0f} a second",
        holds=low <= seen.throughput_rps <= high,
    )


def in_flight(connections: int, measured: float) -> Claim:
    """Nearly all connections have a request in flight at all times."""
    least = connections * (1 - IN_FLIGHT_ERROR)
    return claim(
        GROUP,
        "in flight, by the instrument's count",
        f"{least:.2f} to {connections}",
        f"{measured:.2f}",
        holds=least <= measured <= connections,
    )


def by_both_books(server: Books, instrument: Books) -> Claim:
    """What was in flight is what the server had, but for the way there and back."""
    added_ns = (instrument.here_ns - server.here_ns) / max(1, instrument.answered)
    return claim(
        GROUP,
        "more time in flight than by the server's books",
        f"0 to {us(FIGURE_ERROR_NS)} a request",
        us(added_ns),
        holds=0 <= added_ns <= FIGURE_ERROR_NS,
    )


def same_count(server: Books, instrument: Books) -> Claim:
    """Each request was answered once, and none was invented."""
    return claim(
        GROUP,
        "requests, by the server's books",
        f"{server.answered:,}",
        f"{instrument.answered:,}",
        holds=server.answered == instrument.answered,
    )
