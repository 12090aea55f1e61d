"""The same app for WSGI servers, through a2wsgi, which their environments have."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from a2wsgi import ASGIMiddleware

from .main import create as create_asgi

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create() -> Application:
    """Make the WSGI app.

    Its answers are whole when it returns: some servers read the status before the body.
    """
    adapter = cast("Application", ASGIMiddleware(cast("Any", create_asgi())))
    return lambda environ, start_response: list(adapter(environ, start_response))
