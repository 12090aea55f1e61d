"""An answer that is sent piece by piece, and ends at once where its client leaves."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import Final, Protocol

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import metrics

CANCEL: Final = "items.cancel"
"""The key of a WSGI environment under which a stream leaves what ends it."""
WSGI_ENVIRON: Final = "wsgi_environ"
"""The key under which a2wsgi leaves that environment; ASGI servers leave none."""


class _ClientLeftError(Exception):
    """The server refuses to send more."""


class StreamPieces(Protocol):
    """What a stream is made of."""

    async def read(self) -> bytes:
        """Return the next piece when it is due; nothing at the end."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds."""
        ...


class StreamedResponse(Response):
    """Sends pieces as they come; nothing is made before the last piece is taken.

    Starlette's own leaves it to servers of ASGI 2.4 to refuse the next piece: a client that leaves
    between two of them would be noticed only then.
    """

    kind = "stream"
    """What metrics call it."""

    def __init__(self, pieces: StreamPieces, headers: Mapping[str, str]) -> None:
        self._pieces = pieces
        self.status_code = 200
        self.background = None
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all, or until the client leaves: that is its right, and no error."""
        if WSGI_ENVIRON in scope:
            _leave_cancel(scope)
        with metrics.counted_stream(self.kind) as stream:
            async with aclosing(self._pieces), anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_left, receive, tasks.cancel_scope)
                try:
                    await self._send_all(send)
                    stream.end = "complete"
                except _ClientLeftError:
                    pass
                finally:
                    tasks.cancel_scope.cancel()

    async def _send_all(self, send: Send) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        await _sent(send, {"type": "http.response.start", **start})
        while piece := await self._pieces.read():
            await _sent(send, {"type": "http.response.body", "body": piece, "more_body": True})
            # Where the client is fast, sending never waits: let other requests have their turn.
            await asyncio.sleep(0)
        await _sent(send, {"type": "http.response.body", "body": b"", "more_body": False})


async def _sent(send: Send, message: dict[str, object]) -> None:
    try:
        await send(message)
    except OSError as error:
        raise _ClientLeftError from error


async def _cancel_when_left(receive: Receive, stream: anyio.CancelScope) -> None:
    """Wait for the client to leave, under servers that say so.

    pyvoy repeats the end of the body instead, at once and for ever: it is not asked again.
    """
    body_ended = False
    while (message := await receive())["type"] != "http.disconnect":
        if body_ended:
            return
        body_ended = not message.get("more_body", False)
    stream.cancel()


def _leave_cancel(scope: Scope) -> None:
    """Leave what ends the stream where the WSGI form finds it, for a server that closes early."""
    task = asyncio.current_task()
    if task is not None:
        cancel = partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel)
        scope[WSGI_ENVIRON][CANCEL] = cancel
