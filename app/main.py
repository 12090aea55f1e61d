"""The application: `create_app` builds one, `app` is the one that servers load."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig

from app import errors, metrics
from app.limits import BodyLimit
from app.routers import health, items, streams
from app.settings import Settings, read_settings
from app.stores import open_store

# Looking for a telemetry provider costs a part of every request, and its environment
# variables would change what is measured.
_TELEMETRY_OFF: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


@asynccontextmanager
async def _closing_store(app: FastAPI) -> AsyncIterator[None]:
    """Let go of what the store holds, under servers that say when they stop: WSGI's do not."""
    yield
    await app.state.store.aclose()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build an app with a store of its own; raises ValueError where a setting is wrong."""
    settings = settings or read_settings()
    app = FastAPI(
        title="Weighbridge items",
        description="A small API of items: the constant of every comparison of servers.",
        responses=errors.documented(HTTPStatus.INTERNAL_SERVER_ERROR),
        exception_handlers=errors.HANDLERS,
        lifespan=_closing_store,
        # A redirect is a second request, and its target is built from the client's Host header.
        redirect_slashes=False,
        telemetry=_TELEMETRY_OFF,
    )
    app.state.max_body_bytes = settings.max_body_bytes
    app.state.store = open_store(settings, metrics.count_cache)
    app.include_router(items.reads)
    if settings.auth:
        _guard(app, settings)
    else:
        app.include_router(items.writes)
    app.include_router(health.router)
    # Last: each route costs those below it a part of every request.
    app.include_router(streams.streams)
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_bytes)
    if settings.metrics is not None:
        metrics.install(app, settings.metrics)
    return app


def _guard(app: FastAPI, settings: Settings) -> None:
    """Refuse writes without a token, and issue tokens."""
    from app import auth  # noqa: PLC0415 - the bare app does without
    from app.routers import token  # noqa: PLC0415

    app.state.authenticator = auth.Authenticator.of(settings)
    app.include_router(token.router)
    app.include_router(
        items.writes,
        dependencies=[Depends(auth.get_current_user)],
        responses=errors.documented(HTTPStatus.UNAUTHORIZED),
    )


app = create_app()
