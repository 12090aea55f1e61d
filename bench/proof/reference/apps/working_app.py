"""An app that goes on working after each answer, as one that renders a mail or writes a log.

`app` does it in a thread, as Starlette does with what is no coroutine; `blocking` in its event
loop, so that nothing else is answered meanwhile. The work is CPU time of its thread: it is the same
whatever the machine does meanwhile. It is run by servers, in their environments, which hold
Starlette for the items app.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

WORK_S: Final = 0.004


def work() -> None:
    """Keep a core busy."""
    end = time.thread_time() + WORK_S
    while time.thread_time() < end:
        pass


async def work_in_the_loop() -> None:
    """Keep the event loop busy, too, once it has sent the answer."""
    await asyncio.sleep(0)
    work()


def _answering(then: Callable[[], None] | Callable[[], Awaitable[None]]) -> Starlette:
    """An app with one path, which works after its answer."""

    async def row(_: Request) -> JSONResponse:
        return JSONResponse({"row": 1}, background=BackgroundTask(then))

    return Starlette(routes=[Route("/row", row)])


app = _answering(work)
blocking = _answering(work_in_the_loop)
