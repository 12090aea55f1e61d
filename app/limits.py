"""How much a client may send: a longer body is refused before it is kept in memory."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DROPPED: Final = 8
"""A body up to so many times too long is read to its end before it is refused."""
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyLimit:
    """ASGI middleware: the body of a request has at most so many bytes, else it is a 413.

    Requests whose method has no use for a body pass untouched: their bodies are never read.
    FastAPI's own `max_body_size` answers in plain text, not in the one shape of errors.
    """

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        read = 0

        async def limited() -> Message:
            # Raised where the body is read, inside the app: its error handlers answer.
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most_bytes:
                await _drop(message, receive, _DROPPED * self._most_bytes - read)
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"body: must have at most {self._most_bytes} bytes",
                )
            return message

        await self._app(scope, limited, send)


async def _drop(message: Message, receive: Receive, most_bytes: int) -> None:
    """Read the rest of a body, up to so many bytes, and keep nothing.

    A client that is still sending does not read: some servers reset its connection under it, and
    the refusal is lost.
    """
    while message.get("more_body", False) and most_bytes > 0:
        message = await receive()
        most_bytes -= len(message.get("body", b""))
