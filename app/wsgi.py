"""The same app for WSGI servers: `application`, through a2wsgi."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Any, Final, cast

from a2wsgi import ASGIMiddleware

from app.main import app
from app.streaming import CANCEL

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_RAW_TEXT: Final = {"PATH_INFO": "utf-8", "SCRIPT_NAME": "utf-8", "QUERY_STRING": "ascii"}
"""What a2wsgi decodes without mercy, and as what."""


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Serve one request.

    Status and headers are known when this returns, and so is the body unless it is a stream: some
    servers read them before they read the body, and a2wsgi's own generator would not have begun.
    """

    def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        # uWSGI's HTTP router gives an answer without a length a chunked body, and a 204 has none.
        if status.startswith("204 "):
            headers = [*headers, ("Content-Length", "0")]
        return start_response(status, headers, *rest)

    environ = _decodable(environ)
    chunks = _adapter(os.getpid())(environ, started)
    first = next(chunks)
    if CANCEL in environ:  # the app leaves it with the first piece of a stream
        return _Streamed(chain([first], chunks), environ[CANCEL])
    body = first + b"".join(chunks)
    # WSGI servers need not drop the body of an answer to HEAD, and uWSGI does not.
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@cache
def _adapter(_pid: int) -> Callable[[Environ, StartResponse], Generator[bytes]]:
    """Start the event loop of this process: the thread of its parent did not survive the fork."""
    # a2wsgi names the ASGI and WSGI types in its own, narrower words.
    adapter = ASGIMiddleware(cast("Any", app))
    return cast("Callable[[Environ, StartResponse], Generator[bytes]]", adapter)


class _Streamed:
    """A body that is made while it is sent."""

    def __init__(self, pieces: Iterator[bytes], cancel: Callable[[], None]) -> None:
        self._pieces = pieces
        self._cancel = cancel

    def __iter__(self) -> Iterator[bytes]:
        """Return the pieces; each is made when it is asked for."""
        return self._pieces

    def close(self) -> None:
        """End the app's part: a client may have left before the end, and a2wsgi tells nobody."""
        self._cancel()


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
