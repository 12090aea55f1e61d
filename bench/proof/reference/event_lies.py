"""Ways of lying in a stream of events: what the lying server sends in place of the right stream."""

import asyncio
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Final

from bench.proof.reference.event_streams import END, EVENTS, EventForm, chunk, event, head, words

_AT: Final = EVENTS // 2  # the event that something is wrong with
_COMMENT: Final = b": still here\n\n"
_COMMENT_S: Final = 0.05
_COMMENTS: Final = 1200  # even what has no end has a limit here, and so it has below
_ENDLESS: Final = 20_000


class EventLie(StrEnum):
    """What can be wrong with a stream; the last two are no lies, and must not be taken for any."""

    MISSING_EVENT = "missing-event"
    DOUBLED_EVENT = "doubled-event"
    SWAPPED_EVENTS = "swapped-events"
    WRONG_EVENT = "wrong-event"
    ONE_EVENT_TOO_MANY = "one-event-too-many"
    EVENTS_WITHOUT_END = "events-without-end"
    CUT_IN_MID_EVENT = "cut-in-mid-event"
    LAST_EVENT_UNENDED = "last-event-unended"
    STREAM_LEFT_OPEN = "stream-left-open"
    COMMENTS_WITHOUT_END = "comments-without-end"
    WRONG_TYPE = "wrong-type"
    COMMENTS_BETWEEN_EVENTS = "comments-between-events"
    EVENTS_BYTE_BY_BYTE = "events-byte-by-byte"


OF_SSE: Final = frozenset(
    {
        EventLie.LAST_EVENT_UNENDED,
        EventLie.COMMENTS_WITHOUT_END,
        EventLie.WRONG_TYPE,
        EventLie.COMMENTS_BETWEEN_EVENTS,
    }
)
"""Where chunks are events, there are none of these."""

Streaming = Callable[[StreamWriter, EventForm], Awaitable[None]]
_NUMBERS: Final = range(1, EVENTS + 1)


def _body(form: EventForm, numbers: Iterable[int]) -> bytes:
    return b"".join(chunk(event(form, number)) for number in numbers)


def _whole(form: EventForm, numbers: Iterable[int] = _NUMBERS) -> bytes:
    return head(form) + _body(form, numbers) + END


def _sends(make: Callable[[EventForm], bytes]) -> Streaming:
    async def send(writer: StreamWriter, form: EventForm) -> None:
        writer.write(make(form))

    return send


right: Final = _sends(_whole)
"""No lie."""


def _numbered(*numbers: int) -> Streaming:
    """Send these events."""
    return _sends(lambda form: _whole(form, numbers))


def _replaced(old: bytes, new: Callable[[bytes], bytes]) -> Streaming:
    """Send the right events but for what one of them says."""
    return _sends(lambda form: _whole(form).replace(old, new(old), 1))


async def _without_end(writer: StreamWriter, form: EventForm) -> None:
    writer.write(head(form))
    for number in range(1, _ENDLESS):
        writer.write(chunk(event(form, number)))
        await writer.drain()
        await asyncio.sleep(0)  # over TLS, only the loop finds out that who asked has left


async def _cut(writer: StreamWriter, form: EventForm) -> None:
    """End the connection in the middle of an event."""
    whole = head(form) + _body(form, range(1, _AT + 1))
    writer.write(whole[: -len(words(_AT))])
    writer.close()


async def _comment(writer: StreamWriter, form: EventForm) -> None:
    """Send all events, and keep the stream open in the way of servers that have nothing to say."""
    writer.write(head(form) + _body(form, _NUMBERS))
    for _ in range(_COMMENTS):
        writer.write(chunk(_COMMENT))
        await writer.drain()
        await asyncio.sleep(_COMMENT_S)


async def _bytes(writer: StreamWriter, form: EventForm) -> None:
    whole = _whole(form)
    for at in range(len(whole)):
        writer.write(whole[at : at + 1])
        await asyncio.sleep(0)


EVENT_LIES: Final[dict[EventLie, Streaming]] = {
    EventLie.MISSING_EVENT: _numbered(*(number for number in _NUMBERS if number != _AT)),
    EventLie.DOUBLED_EVENT: _numbered(*range(1, _AT + 1), *range(_AT, EVENTS + 1)),
    EventLie.SWAPPED_EVENTS: _numbered(*range(1, _AT), _AT + 1, _AT, *range(_AT + 2, EVENTS + 1)),
    EventLie.WRONG_EVENT: _replaced(words(_AT), bytes.upper),
    EventLie.ONE_EVENT_TOO_MANY: _numbered(*_NUMBERS, EVENTS + 1),
    EventLie.EVENTS_WITHOUT_END: _without_end,
    EventLie.CUT_IN_MID_EVENT: _cut,
    EventLie.LAST_EVENT_UNENDED: _sends(
        lambda form: (
            head(form) + _body(form, _NUMBERS[:-1]) + chunk(event(form, EVENTS).rstrip(b"\n")) + END
        )
    ),
    EventLie.STREAM_LEFT_OPEN: _sends(lambda form: head(form) + _body(form, _NUMBERS)),
    EventLie.COMMENTS_WITHOUT_END: _comment,
    EventLie.WRONG_TYPE: _replaced(b"text/event-stream", lambda _: b"application/json"),
    EventLie.COMMENTS_BETWEEN_EVENTS: _sends(
        lambda form: (
            head(form)
            + b"".join(chunk(_COMMENT + event(form, number)) for number in _NUMBERS)
            + END
        )
    ),
    EventLie.EVENTS_BYTE_BY_BYTE: _bytes,
}
