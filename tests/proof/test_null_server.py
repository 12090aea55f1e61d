"""The null server: one right answer to every request."""

import select
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from bench.proof.reference import null_server
from bench.proof.reference.null_answer import BODY
from tests.load.server import eventually

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="it is made of epoll")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A null server of its own process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", null_server.__name__, str(port)]
    with subprocess.Popen(argv) as server:
        try:
            eventually(lambda: accepts(port), 10.0)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def accepts(port: int) -> bool:
    """Tell whether anybody listens."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_every_request_has_the_same_answer(url: str) -> None:
    """On one connection as on several, pipelined or not, also after one was dropped."""
    with httpx.Client(base_url=url) as client:
        responses = [client.get(path) for path in ("/", "/items/7", "/items/8")]
    assert {(r.status_code, r.content) for r in responses} == {(200, BODY)}


def test_close_is_obeyed(url: str) -> None:
    """After its answer."""
    with httpx.Client(base_url=url, headers={"Connection": "close"}) as client:
        assert client.get("/").content == BODY
