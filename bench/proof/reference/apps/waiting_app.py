"""An ASGI app that awaits: WEIGHBRIDGE_WAIT_MS before it answers; any path but /row at once.

It is run by servers, in their environments.
"""

import asyncio
import os
from functools import cache
from typing import Final

from bench.proof.reference.apps.row_app import PATH, Message, Receive, Send, answer, live

WAIT_MS: Final = "WEIGHBRIDGE_WAIT_MS"


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Wait, as for a database, and answer."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    if scope["path"] == PATH:
        await asyncio.sleep(_wait_s())
    await answer(send)


@cache
def _wait_s() -> float:
    return float(os.environ[WAIT_MS]) / 1000
