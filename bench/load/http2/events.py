"""What becomes of requests that share a connection, over HTTP/2 and over HTTP/3."""

from dataclasses import dataclass
from typing import TypeAlias

from bench.load.http2.fields import Fields
from bench.load.net.limits import MalformedResponseError


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer.

    `whole`: all its bytes, cut where the number of its stream stands; None: they came not in a row.
    `size`: of what of it counts for flow control.
    """

    token: int
    fields: Fields
    body: bytes
    whole: tuple[bytes, ...] | None
    size: int


@dataclass(frozen=True, slots=True)
class Spoilt:
    """An answer that is none, though the connection may be used further."""

    token: int
    error: MalformedResponseError


@dataclass(frozen=True, slots=True)
class Reset:
    """The peer has ended a stream before its answer was whole."""

    token: int
    words: str


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """The peer goes away, and has not looked at a request: it may be sent again."""

    token: int


Event: TypeAlias = Answered | Spoilt | Reset | Unprocessed
