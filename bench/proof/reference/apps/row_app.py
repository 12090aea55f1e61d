"""What small reference apps share: one answer, and the life that servers ask of an app.

They need nothing but the standard library: they are run by servers, in their environments.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

PATH: Final = "/row"
BODY: Final = b'{"row":1}'
HEADERS: Final = (("content-type", "application/json"), ("content-length", str(len(BODY))))
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


async def answer(send: Send, *more: tuple[str, str]) -> None:
    """Send the row, with these headers beside its own."""
    headers = [(name.encode(), value.encode()) for name, value in (*HEADERS, *more)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


async def live(receive: Receive, send: Send) -> None:
    """Say yes to the start and to the end."""
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
