"""An app that breaks, before its answer and in the middle of it."""

from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from app import metrics

app = FastAPI()


@app.get("/health")
async def read_health() -> str:
    """Answer at once."""
    return "ok"


@app.get("/crash/{number}")
async def crash(number: int) -> str:
    """Break before the answer."""
    raise RuntimeError(f"on purpose: {number}")


@app.get("/half/{number}")
async def crash_in_the_middle(number: int) -> StreamingResponse:
    """Break in the middle of the answer."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError(f"on purpose: {number}")

    return StreamingResponse(parts())


metrics.install(app, Path("metrics"))
