"""The app as a WSGI callable, called as a server would call it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from app.wsgi import _adapter, application
from tests.app.wsgi_call import call, environ_of

FORK = """
import os
from tests.app.wsgi_call import call

assert call("GET", "/items/1").status == "200 OK"
if (child := os.fork()) == 0:
    os._exit(0 if call("GET", "/items/1").status == "200 OK" else 1)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/items/1", b"", "200 OK"),
        ("GET", "/health", b"", "200 OK"),
        ("POST", "/items", b'{"name": "widget", "price": 9.5}', "201 Created"),
        ("GET", "/items/9223372036854775807", b"", "404 Not Found"),
        ("GET", "/nowhere", b"", "404 Not Found"),
        ("DELETE", "/items", b"", "405 Method Not Allowed"),
        ("GET", "/items/abc", b"", "422 "),
        ("POST", "/items", b'{"name": ""}', "422 "),
        ("POST", "/items", b"{", "422 "),
    ],
)
def test_status_is_known_on_return(method: str, path: str, body: bytes, status: str) -> None:
    """The status is right before the body is read, and the body is JSON of the stated length."""
    answer = call(method, path, body)
    assert answer.status.startswith(status)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert ("detail" in json.loads(answer.body)) == (not status.startswith("2"))


@pytest.mark.parametrize("path", ["/items/events", "/items/ws"])
def test_what_wsgi_cannot_do_is_a_501(path: str) -> None:
    """In the one shape, and saying what would help."""
    answer = call("GET", path)
    assert answer.status == "501 Not Implemented"
    assert json.loads(answer.body)["detail"].startswith(f"{path} needs an ASGI server")


@pytest.fixture
def long_export() -> None:
    """Have an export of many pieces."""
    body = json.dumps({"name": "\U0001f469" * 1000, "price": 1}).encode()
    for _ in range(50):
        assert call("POST", "/items", body).status == "201 Created"


@pytest.mark.usefixtures("long_export")
def test_export_comes_in_pieces() -> None:
    """Each is made when it is asked for, and all of them together are whole."""
    whole = call("GET", "/items/export")
    assert whole.status == "200 OK"
    assert whole.headers["content-type"] == "application/x-ndjson"
    assert "content-length" not in whole.headers
    pieces = list(application(environ_of("GET", "/items/export"), lambda *_: None))
    assert b"".join(pieces) == whole.body
    assert max(map(len, pieces)) < 2**15
    assert len(whole.body) > 2**16


@pytest.mark.usefixtures("long_export")
def test_export_left_early_ends() -> None:
    """A server closes what a client does not read to its end: nothing goes on waiting for it."""
    pieces: Any = application(environ_of("GET", "/items/export"), lambda *_: None)
    assert next(iter(pieces)).startswith(b'{"name":"item 1"')
    pieces.close()
    loop = cast("Any", _adapter(os.getpid())).loop
    asyncio.run_coroutine_threadsafe(nothing_left(), loop).result(30)


async def nothing_left() -> None:
    """Wait until no other task is in this loop."""
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


def test_location_points_to_item() -> None:
    """Headers of the app arrive: Location leads to what was created."""
    created = call("POST", "/items", b'{"name": "widget", "price": 9.5}')
    assert call("GET", created.headers["location"]).body == created.body


def test_body_in_many_pieces() -> None:
    """A body longer than the adapter reads at once arrives whole."""
    body = json.dumps({"name": "widget", "price": 1})[:-1] + " " * 200_000 + "}"
    created = call("POST", "/items", body.encode())
    assert json.loads(created.body)["name"] == "widget"


def test_head_has_no_body() -> None:
    """An answer to HEAD has the headers of an answer and no body, as WSGI servers pass it on."""
    answer = call("HEAD", "/openapi.json")
    assert answer.status == "200 OK"
    assert int(answer.headers["content-length"]) > 0
    assert answer.body == b""


@pytest.mark.parametrize(
    "more",
    [{"PATH_INFO": "/items/\xff"}, {"PATH_INFO": "/\xc3\x28"}, {"QUERY_STRING": "q=\xff"}],
    ids=["id", "path", "query"],
)
def test_invalid_bytes_in_url(more: dict[str, str]) -> None:
    """Invalid bytes in a URL are the client's fault: an answer in the one shape, not a crash."""
    answer = call("GET", "/nowhere", b"", **more)
    assert answer.status[0] == "4"
    assert "detail" in json.loads(answer.body)


def test_survives_fork() -> None:
    """A process forked from one that has served already serves too, with a loop of its own."""
    subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK],
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=30,
    )
