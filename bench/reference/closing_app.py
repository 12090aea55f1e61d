"""An app that ends each connection after its answer, for ASGI servers and for WSGI servers.

It is run by servers, in their environments.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
_BODY: Final = b'{"row":1}'
_HEADERS: Final = [
    ("content-type", "application/json"),
    ("content-length", str(len(_BODY))),
    ("connection", "close"),
]
_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(name.encode(), value.encode()) for name, value in _HEADERS],
}


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer, and ask the server to close."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
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


def application(
    _environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer; a WSGI app may say nothing of connections, which its server closes by itself."""
    start_response("200 OK", [each for each in _HEADERS if each[0] != "connection"])
    return [_BODY]
