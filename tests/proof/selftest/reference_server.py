"""A reference server in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import httpx

from tests.load.server import eventually, refusing_address


@contextmanager
def running(module: ModuleType) -> Iterator[httpx.Client]:
    """Start a reference server; a client of it."""
    host, port = refusing_address()
    with subprocess.Popen([sys.executable, "-m", module.__name__, str(port)]) as server:
        try:
            with httpx.Client(base_url=f"http://{host}:{port}") as client:
                eventually(lambda: answers(client), 10.0)
                yield client
        finally:
            server.kill()


def answers(client: httpx.Client) -> bool:
    """Tell whether it is ready."""
    try:
        return client.get("/").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
