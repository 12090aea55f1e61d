"""An ASGI app that awaits: WEIGHBRIDGE_WAIT_MS before it answers; any path but /row at once.

It is run by servers, in their environments.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any, Final, TypeAlias

WAIT_MS: Final = "WEIGHBRIDGE_WAIT_MS"
Message: TypeAlias = MutableMapping[str, Any]
_BODY: Final = b'{"row":1}'
_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BODY)).encode()),
    ],
}


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Wait, as for a database, and answer."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["path"] == "/row":
        await asyncio.sleep(_wait_s())
    await send(dict(_START))
    await send({"type": "http.response.body", "body": _BODY})


async def _live(
    receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Say yes to the start and to the end."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


@cache
def _wait_s() -> float:
    return float(os.environ[WAIT_MS]) / 1000
