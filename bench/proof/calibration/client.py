"""The seam that all clients share: what they load for one slice, and what they say of it."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from bench.errors import HarnessError
from bench.stats.units import DURATION, duration_ns

SLICE_S: Final = 1  # wrk and h2load count whole seconds
PATTERN: Final = rf"({DURATION})\b"
"""One duration as tools print it, as in 337.15us: a group of a regular expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """What a load tool reports; None: it does not say. Latency is from sending to the answer.

    requests: answers that the tool takes for right. throughput: of these, a second.
    """

    requests: int
    throughput: float
    mean_ns: float | None = None
    p50_ns: float | None = None
    p99_ns: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSlice:
    """One slice of one client on one place.

    throughput: right answers a second. cpu_ns: CPU time of the client / requests answered; None:
    unknown. Latencies as the client itself reports them, None where it does not. closed:
    connections that the server closed in the slice and our client opened again. starved: share of
    the time in which the client was ready to run and another process had its core, 0 to 1; None:
    unknown.
    """

    throughput: float
    cpu_ns: float | None
    mean_ns: float | None
    p50_ns: float | None
    p99_ns: float | None
    closed: int = 0
    starved: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a client has no figure of a slice, in words."""

    words: str


@dataclass(frozen=True, slots=True)
class CalibrationServer:
    """A server that runs.

    `url` has a path that other people's tools ask for; `workload` is what our clients send: GET
    requests of the same length, to paths like it.
    """

    name: str
    base_url: str
    workload: str

    @property
    def url(self) -> str:
        """One address that is answered correctly."""
        return f"{self.base_url}/items/7"


class LoadClient(Protocol):
    """A client that loads a place; between slices it sends nothing there."""

    @property
    def name(self) -> str:
        """What tables call it."""

    async def load(self, place: CalibrationServer, seed: int) -> ClientSlice | Fault:
        """Keep its connections busy for SLICE_S. Raises HarnessError and KeeperError."""


def found_ns(pattern: str, text: str) -> float | None:
    """The duration that is the first group of a pattern, ns; None where there is none.

    `^` stands for the beginning of a line.
    """
    found = re.search(pattern, text, re.MULTILINE)
    return duration_ns(found[1]) if found else None


class NotInstalledError(HarnessError):
    """A program that is needed is not on this machine."""
