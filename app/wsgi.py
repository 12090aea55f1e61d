"""The same app for WSGI servers: `application`, through a2wsgi."""

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, cast

from a2wsgi import ASGIMiddleware

from app.main import app

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_RAW_TEXT: Final = {"PATH_INFO": "utf-8", "SCRIPT_NAME": "utf-8", "QUERY_STRING": "ascii"}
"""What a2wsgi decodes without mercy, and as what."""


def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
    """Serve one request.

    The answer is complete when this returns, status and headers included: some servers read
    them before they read the body, and a2wsgi's own generator would not have begun by then.
    """

    def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        # uWSGI's HTTP router gives an answer without a length a chunked body, and a 204 has none.
        if status.startswith("204 "):
            headers = [*headers, ("Content-Length", "0")]
        return start_response(status, headers, *rest)

    body = b"".join(_adapter(os.getpid())(_decodable(environ), started))
    # WSGI servers need not drop the body of an answer to HEAD, and uWSGI does not.
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@cache
def _adapter(_pid: int) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Start the event loop of this process: the thread of its parent did not survive the fork."""
    # a2wsgi names the ASGI and WSGI types in its own, narrower words.
    adapter = ASGIMiddleware(cast("Any", app))
    return cast("Callable[[Environ, StartResponse], Iterable[bytes]]", adapter)


def _decodable(environ: Environ) -> Environ:
    """Replace invalid bytes of the URL, as ASGI servers do: they are the client's fault."""
    repaired = {
        name: environ[name]
        .encode("latin-1")
        .decode(encoding, errors="replace")
        .encode(encoding, errors="replace")
        .decode("latin-1")
        for name, encoding in _RAW_TEXT.items()
        if name in environ
    }
    return environ | repaired
