"""An ASGI app that another is put behind: it keeps its core busy a known time before each request.

What a server takes longer with it is then known. WEIGHBRIDGE_SLOWED names the other app,
module:attribute; WEIGHBRIDGE_BUSY_NS says how long. It is run by servers, in their environments.
"""

import importlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from bench import clock

SLOWED: Final = "WEIGHBRIDGE_SLOWED"
BUSY_NS: Final = "WEIGHBRIDGE_BUSY_NS"
Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


def slowed(inner: AsgiApp, busy_ns: int) -> AsgiApp:
    """Put an app behind a busy loop of `busy_ns` a request."""

    async def app(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] == "http":
            until = clock.monotonic_ns() + busy_ns
            while clock.monotonic_ns() < until:
                pass
        await inner(scope, receive, send)

    return app


def _named(target: str) -> AsgiApp:
    module, _, attribute = target.partition(":")
    found: AsgiApp = getattr(importlib.import_module(module), attribute)
    return found


if SLOWED in os.environ:
    app = slowed(_named(os.environ[SLOWED]), int(os.environ.get(BUSY_NS, "0")))
