"""What a server is put under: an offered rate or a number of connections."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """Who decides when a request is sent: the plan (open) or the previous response (closed)."""

    OPEN = "open"
    CLOSED = "closed"


class Arrivals(StrEnum):
    """How the gaps between the intended send times of an open loop are drawn.

    LOG: they are not, but those between the requests of an access log.
    """

    POISSON = "poisson"
    CONSTANT = "constant"
    LOG = "log"


DRAWN: Final = (Arrivals.POISSON, Arrivals.CONSTANT)
"""Arrivals that any workload can have."""


class Client(StrEnum):
    """What sends the requests.

    WIRE: our connections. WIRE_HTTPX: httpx's client over our connections. HTTPX: stock httpx, the
    reference.
    """

    WIRE = "wire"
    WIRE_HTTPX = "wire-httpx"
    HTTPX = "httpx"


class Sent(StrEnum):
    """What is sent and answered, as a noun: the unit of a load, counted as requests everywhere."""

    REQUEST = "request"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a server is driven: requests due a second (open) or connections kept busy (closed).

    In open loop `connections` is the most that may be open; `offered_rate` is None in closed loop.
    `sent`: messages over a WebSocket; it follows from the workload, and sets no loads apart.
    """

    mode: Mode
    connections: int
    offered_rate: float | None = None
    arrivals: Arrivals | None = None
    sent: Sent = field(default=Sent.REQUEST, compare=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """What is measured: a profile under a workload at a load."""

    profile: str
    workload: str
    load: Load
