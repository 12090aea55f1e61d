"""An ASGI app before another: it goes through a loop of known length before each request.

The loop is counted and not timed, so that it takes the same share of a request's time whatever the
machine does meanwhile. WEIGHBRIDGE_SLOWED names the other app, module:attribute;
WEIGHBRIDGE_LOOPS says how often. It is run by servers, in their environments.
"""

import importlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any, Final, TypeAlias

SLOWED: Final = "WEIGHBRIDGE_SLOWED"
LOOPS: Final = "WEIGHBRIDGE_LOOPS"
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
        for _ in range(_loops()):
            pass
    await _other()(scope, receive, send)


@cache
def _loops() -> int:
    return int(os.environ[LOOPS])


@cache
def _other() -> AsgiApp:
    module, _, attribute = os.environ[SLOWED].partition(":")
    found: AsgiApp = getattr(importlib.import_module(module), attribute)
    return found
