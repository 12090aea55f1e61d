import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import Counter, start_http_server

SEEN = Counter("pages_seen", "pages that were shown")


@asynccontextmanager
async def lifespan(app):
    server, _ = start_http_server(int(os.environ.get("METRICS_PORT", "9100")))
    yield
    server.shutdown()


app = FastAPI(lifespan=lifespan)


@app.get("/pages/{name}")
async def page(name: str):
    SEEN.inc()
    return {"page": name}
