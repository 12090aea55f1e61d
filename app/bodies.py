"""How the body of a write is read: JSON in UTF-8, of no more fields than can be told apart."""

import codecs
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

MOST_FIELDS: Final = 100
"""The most fields of a body: each unknown one is a fault of its own."""

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32_CHAR: Final = 4
"""Within so many bytes JSON in UTF-16 or UTF-32 has a zero, and JSON in UTF-8 has none."""


class JsonRoute(APIRoute):
    """A route that takes JSON as RFC 8259 has it travel, where Python's parser takes more."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def read_strictly(request: Request) -> Response:
            return await answer(_JsonRequest(request.scope, request.receive))

        return read_strictly


class _JsonRequest(Request):
    async def json(self) -> Any:
        """Return the body's value; raises what the framework answers with a 422."""
        start = (await self.body())[:_UTF_32_CHAR]
        if b"\0" in start or start.startswith(_UTF_16):
            raise UnicodeDecodeError("utf-8", start, 0, len(start), "UTF-16 or UTF-32")
        value = await super().json()
        if complaint := too_many_fields(value):
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, complaint)
        return value


def too_many_fields(value: Any) -> str:
    """Say so of an object with more fields than MOST_FIELDS; empty: there are not too many."""
    if isinstance(value, dict) and len(value) > MOST_FIELDS:
        return f"body: must have at most {MOST_FIELDS} fields (got {len(value)})"
    return ""
