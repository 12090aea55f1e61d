"""Streams of events as reference servers send them, in chunks of the transfer coding of HTTP/1.1.

Each event is known by its number, from 1. The bytes are not the load generator's, so that a mistake
of its own is not made here too.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

EVENTS: Final = 26
FIRST_NS: Final = 30_000_000
"""From when a request came until its first event is due."""

_SHORT_NS, _LONG_NS, LATE_NS = 10_000_000, 40_000_000, 80_000_000
GAPS_NS: Final = (
    *[_SHORT_NS] * 7, _LONG_NS, *[_SHORT_NS] * 8, LATE_NS, *[_SHORT_NS] * 5, _LONG_NS,
    *[_SHORT_NS] * 2,
)  # fmt: skip
"""From each event to the next. Of 25 gaps, 22 are short (88 %), two long and one late: each of p50,
p95 and p99 is one of these three, well away from the steps between them."""

END: Final = b"0\r\n\r\n"


class EventForm(StrEnum):
    """How the events of a stream are told apart: server-sent events, or a chunk each."""

    SSE = "sse"
    CHUNKS = "chunks"


_TYPES: Final = {EventForm.SSE: b"text/event-stream", EventForm.CHUNKS: b"text/plain"}


def head(form: EventForm) -> bytes:
    """The head of an answer."""
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n" % _TYPES[form]
    )


def words(number: int) -> bytes:
    """What an event says."""
    return b"known answer %d" % number


def event(form: EventForm, number: int) -> bytes:
    """One event."""
    if form is EventForm.SSE:
        return b"id: %d\ndata: %b\n\n" % (number, words(number))
    return words(number)


def chunk(data: bytes) -> bytes:
    """One chunk of the transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def due_after_ns() -> Iterator[int]:
    """When each event is due, from when the request came."""
    at_ns = FIRST_NS
    yield at_ns
    for gap_ns in GAPS_NS:
        at_ns += gap_ns
        yield at_ns


def parts(form: EventForm) -> list[bytes]:
    """What is sent for each event: the first has the head before it, the last the end behind it."""
    found = [chunk(event(form, number)) for number in range(1, EVENTS + 1)]
    found[0] = head(form) + found[0]
    found[-1] += END
    return found
