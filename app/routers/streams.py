"""The endpoints that answer for longer than a moment: an export, events, a WebSocket."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, Literal, cast

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response, WebSocket
from fastapi.security.utils import get_authorization_scheme_param
from starlette.status import (
    WS_1003_UNSUPPORTED_DATA,
    WS_1008_POLICY_VIOLATION,
    WS_1009_MESSAGE_TOO_BIG,
)
from starlette.websockets import WebSocketDisconnect

from app import metrics
from app.echo import answer, error_of
from app.errors import ErrorBody, documented
from app.models import Event, Item
from app.numbers import Digits
from app.storage import ItemStore
from app.streaming import WSGI_ENVIRON, StreamedResponse

MOST_EVENTS: Final = 10_000
MOST_INTERVAL_MS: Final = 10_000
MOST_DISTINCT: Final = 1000
"""The most items that events are about: as many as a page has."""
EVENT: Final = "item"
"""The name of each event."""

_NOT_STORED: Final = {"Cache-Control": "no-store"}
_UNBUFFERED: Final = {"X-Accel-Buffering": "no"}
"""What keeps nginx from collecting events until they fill a buffer."""
_CLOSED_BY_CLIENT: Final = frozenset({1000, 1001, 1005})
"""Codes of a client that closes; with any other, or none, it was lost."""

streams = APIRouter(prefix="/items", tags=["streams"])


class NdjsonStream(StreamedResponse):
    """One JSON value a line."""

    media_type = "application/x-ndjson"
    kind = "export"


class EventStream(StreamedResponse):
    """Server-sent events."""

    media_type = "text/event-stream"
    kind = "events"


_ITEM: Final = {"$ref": "#/components/schemas/Item"}
_EVENT: Final = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string"},
        "event": {"const": EVENT},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "required": ["number", "of", "item"],
                "properties": {
                    "number": {"type": "integer"},
                    "of": {"type": "integer"},
                    "item": {"anyOf": [_ITEM, {"type": "null"}]},
                },
            },
        },
    },
}

Count = Annotated[int, Digits(1, MOST_EVENTS), Query(description="How many events there are.")]
Interval = Annotated[
    int, Digits(0, MOST_INTERVAL_MS), Query(description="Milliseconds from one event to the next.")
]
After = Annotated[
    int,
    Digits(0, MOST_EVENTS),
    Header(alias="Last-Event-ID", description="The last event that the client has: go on there."),
]


@streams.get(
    "/export",
    response_class=Response,  # another one's media type would be that of errors, too
    responses={
        200: {
            "description": "Every item as it was at one moment, a line each.",
            "content": {"application/x-ndjson": {"schema": _ITEM}},  # of each line
        },
        **documented(HTTPStatus.SERVICE_UNAVAILABLE),
    },
)
async def export_items(request: Request) -> Response:
    """Send every item, one line of JSON each, in the order of their ids."""
    store = cast("ItemStore", request.app.state.store)
    return NdjsonStream(await store.export(), _NOT_STORED)


@streams.get(
    "/events",
    response_class=Response,  # another one's media type would be that of errors, too
    responses={
        200: {
            "description": "Events, the first one at once; each says how many there are.",
            "content": {"text/event-stream": {"schema": _EVENT}},  # of each event
        },
        204: {"description": "The client has all of them: it should not ask again."},
        **documented(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.NOT_IMPLEMENTED,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    },
)
async def send_events(
    request: Request, count: Count = 10, interval: Interval = 1000, after: After = 0
) -> Response:
    """Send the first items of the store as server-sent events, in turns if there are fewer."""
    _refuse_wsgi(request)
    if after >= count:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    store = cast("ItemStore", request.app.state.store)
    items = await store.page(min(count, MOST_DISTINCT), 0)
    events = _Events(items, range(after + 1, count + 1), count, interval / 1000)
    return EventStream(events, _NOT_STORED | _UNBUFFERED)


@streams.get(
    "/ws",
    status_code=HTTPStatus.BAD_REQUEST,
    response_description=HTTPStatus.BAD_REQUEST.phrase,
    responses={
        101: {
            "description": "To a WebSocket handshake. Each text message is an item as "
            "`POST /items` takes it; its answer is the item, or an error, and the connection stays "
            "open. Close codes: 1003 binary message, 1008 no valid token, 1009 message too long."
        },
        **documented(HTTPStatus.NOT_IMPLEMENTED),
    },
)
async def refuse_without_upgrade(request: Request) -> ErrorBody:
    """Say that this is a WebSocket, to a request that is no handshake."""
    _refuse_wsgi(request)
    # As RFC 6455, 4.2.1, has it. A 426 would need the header Upgrade, which h2corn refuses from an
    # app, and HTTP/2 from everybody.
    message = "this is a WebSocket: connect by ws or wss, to a server that speaks it"
    raise HTTPException(HTTPStatus.BAD_REQUEST, message)


@streams.websocket("/ws")
async def echo_items(websocket: WebSocket) -> None:
    """Answer each message with the item that it holds, or with what is wrong with it."""
    with metrics.counted_stream("ws") as stream:
        try:
            await websocket.accept()
            stream.end = await _converse(websocket)
        except WebSocketDisconnect:
            pass  # it left while an answer was being sent


async def _converse(websocket: WebSocket) -> metrics.StreamEnd:
    """Answer until one side closes; return how it ended."""
    if (refusal := _unauthorized(websocket)) is not None:
        await websocket.send_text(error_of(refusal))
        return await _close(websocket, WS_1008_POLICY_VIOLATION, "a valid token is needed")
    most_bytes: int = websocket.app.state.max_body_bytes
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return "complete" if message.get("code") in _CLOSED_BY_CLIENT else "left"
        text = message.get("text")
        if text is None:
            return await _close(websocket, WS_1003_UNSUPPORTED_DATA, "send JSON as text")
        if len(text) > most_bytes or len(text.encode()) > most_bytes:
            complaint = f"a message must have at most {most_bytes} bytes"
            return await _close(websocket, WS_1009_MESSAGE_TOO_BIG, complaint)
        await websocket.send_text(answer(text))


async def _close(websocket: WebSocket, code: int, reason: str) -> Literal["refused"]:
    await websocket.close(code, reason)
    return "refused"


def _unauthorized(websocket: WebSocket) -> str | None:
    """Say what is wrong with the token of the handshake, where one is needed."""
    known = getattr(websocket.app.state, "authenticator", None)
    if known is None:
        return None
    from app.auth import user_of  # noqa: PLC0415 - the bare app does without

    scheme, token = get_authorization_scheme_param(websocket.headers.get("authorization"))
    try:
        user_of(known, token if scheme.lower() == "bearer" else None)
    except HTTPException as error:
        return str(error.detail)
    return None


def _refuse_wsgi(request: Request) -> None:
    """Refuse what a WSGI server cannot do: it would give a thread to each client."""
    if WSGI_ENVIRON in request.scope:
        path = request.scope["path"]
        raise HTTPException(
            HTTPStatus.NOT_IMPLEMENTED, f"{path} needs an ASGI server: this one speaks WSGI"
        )


class _Events:
    """One event for each number, each when it is due: one that is late makes no other one late."""

    def __init__(
        self, items: Sequence[Item], numbers: range, count: int, interval_s: float
    ) -> None:
        self._items = items
        self._numbers = iter(enumerate(numbers))
        self._count = count
        self._interval_s = interval_s
        self._begun_s = asyncio.get_running_loop().time()

    async def read(self) -> bytes:
        """Return the next event when it is due; nothing at the end."""
        for place, number in self._numbers:
            due_s = self._begun_s + place * self._interval_s
            await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
            return self._event(number)
        return b""

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _event(self, number: int) -> bytes:
        item = self._items[(number - 1) % len(self._items)] if self._items else None
        data = Event(number=number, of=self._count, item=item).model_dump_json()
        return f"id: {number}\nevent: {EVENT}\ndata: {data}\n\n".encode()
