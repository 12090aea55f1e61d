"""An app whose own time dominates: what a client sees and what the app counts hardly differ."""

import asyncio
from pathlib import Path

from fastapi import FastAPI

from app import metrics

app = FastAPI()


@app.get("/health")
async def read_health() -> str:
    """Answer at once."""
    return "ok"


@app.get("/slow/{time_ms}")
async def read_slowly(time_ms: int) -> str:
    """Answer after so long."""
    metrics.count_cache("hit" if time_ms % 20 else "miss")
    await asyncio.sleep(time_ms / 1000)
    return "ok"


metrics.install(app, Path("metrics"))
