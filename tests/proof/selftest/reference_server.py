"""A reference server in a process of its own."""

import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

import httpx

from tests.certificates import certificate
from tests.load.server import eventually, refusing_address

FORMS: Final = ("http/1.1", "https/1.1", "h2c", "h2")
PATIENCE_S: Final = 30.0
SILENCE_S: Final = 0.1  # of an answer that is known not to come


@contextmanager
def running(module: ModuleType) -> Iterator[httpx.Client]:
    """Start a reference server with a certificate; a client of it, over HTTP/1.1."""
    host, port = refusing_address()
    files = certificate()
    argv = [sys.executable, "-m", module.__name__, str(port)]
    with subprocess.Popen([*argv, str(files.certfile), str(files.keyfile)]) as server:
        try:
            with httpx.Client(base_url=f"http://{host}:{port}") as client:
                eventually(lambda: answers(client), 10.0)
                yield client
        finally:
            server.kill()


def six_outcomes(outcome: Callable[[float], str], lie: str) -> list[str]:
    """What six requests come to, of which the first in every three is lied to.

    outcome: of one request whose answer is waited for so long, s. lie: what a lie comes to.
    """
    silent = lie in {"timeout", "ReadTimeout"}
    return [outcome(SILENCE_S if silent and n % 3 == 0 else PATIENCE_S) for n in range(6)]


def over(client: httpx.Client, protocol: str, patience_s: float = PATIENCE_S) -> httpx.Client:
    """A client of the same server over another protocol, by libraries that are not ours."""
    url = client.base_url.copy_with(scheme="http" if protocol in {"http/1.1", "h2c"} else "https")
    context = ssl.create_default_context(cafile=certificate().ca)
    h2 = protocol in {"h2c", "h2"}
    return httpx.Client(
        base_url=url,
        http1=not h2,
        http2=h2,
        verify=context,
        timeout=httpx.Timeout(PATIENCE_S, read=patience_s),
    )


def answers(client: httpx.Client) -> bool:
    """Tell whether it is ready."""
    try:
        return client.get("/").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
