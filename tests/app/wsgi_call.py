"""The app as a WSGI callable, called as a server would call it."""

from io import BytesIO
from typing import Any, NamedTuple
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from app.wsgi import application


class Answer(NamedTuple):
    """What the callable answered."""

    status: str
    headers: dict[str, str]
    body: bytes


def call(method: str, path: str, body: bytes = b"", **more: str) -> Answer:
    """Call the app under the eyes of wsgiref's validator, status and headers read early."""
    started: list[Any] = []
    environ = environ_of(method, path, body, **more)
    checked: Any = validator(application)
    chunks = checked(environ, lambda *args: started.append(args))
    [(status, headers, *_)] = started
    try:
        return Answer(status, dict(headers), b"".join(chunks))
    finally:
        chunks.close()


def environ_of(method: str, path: str, body: bytes = b"", **more: str) -> dict[str, Any]:
    """Describe a request as a server does."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        **more,
    }
    setup_testing_defaults(environ)
    return environ
