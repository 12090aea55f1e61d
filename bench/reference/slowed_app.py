"""An ASGI app that another is put behind: it keeps its core busy a known time before each request.

What a server takes longer with it is then known. WEIGHBRIDGE_SLOWED names the other app,
module:attribute; WEIGHBRIDGE_BUSY_NS says how long. It is run by servers, in their environments.
"""

import importlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any, Final, TypeAlias

from bench import clock

SLOWED: Final = "WEIGHBRIDGE_SLOWED"
BUSY_NS: Final = "WEIGHBRIDGE_BUSY_NS"
Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Keep the core busy, then let the other app answer."""
    if scope["type"] == "http":
        until = clock.monotonic_ns() + _busy_ns()
        while clock.monotonic_ns() < until:
            pass
    await _other()(scope, receive, send)


@cache
def _busy_ns() -> int:
    return int(os.environ[BUSY_NS])


@cache
def _other() -> AsgiApp:
    module, _, attribute = os.environ[SLOWED].partition(":")
    found: AsgiApp = getattr(importlib.import_module(module), attribute)
    return found
