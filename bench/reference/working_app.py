"""An app that goes on working after each answer, as one that renders a mail or writes a log.

The work is counted in CPU time of its thread, so that it is the same whatever the machine does
meanwhile. It is run by servers, in their environments, which hold Starlette for the items app.
"""

import time
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


async def row(_: Request) -> JSONResponse:
    """Answer, and then work."""
    return JSONResponse({"row": 1}, background=BackgroundTask(work))


app = Starlette(routes=[Route("/row", row)])
