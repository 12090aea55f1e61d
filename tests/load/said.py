"""Workloads of tests, and servers that tell apart what they are asked."""

from pathlib import Path

from tests.load.sending import answer
from tests.load.server import Handle, Peer, Served

HEAD = """
import itertools
import uuid

import httpx
from bench.workload import Checked, Exchange, Message, WebSocket

def right():
    return Checked(lambda response: None)

def get(base_url, path, **more):
    return Exchange(httpx.Request("GET", base_url.join(path)), right(), **more)

def post(base_url, text, **more):
    return Exchange(httpx.Request("POST", base_url.join("/new"), content=text), right(), **more)

def ws(*messages, **how):
    return WebSocket(how.pop("url", "/ws"), messages, **how)
"""


def written(folder: Path, text: str, name: str = "load.py") -> str:
    """Path of a workload that begins with HEAD."""
    path = folder / name
    path.write_text(HEAD + text, encoding="utf-8")
    return str(path)


def line_of(path: str, text: str) -> int:
    """Number of the line that holds a text."""
    lines = Path(path).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def noting(seen: list[bytes]) -> Handle:
    """Note each request, whole, and answer it by what it was asked: its path, or its body."""

    def handle(served: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            head, _, body = request.partition(b"\r\n\r\n")
            with served.lock:
                seen.append(request)
            peer.send(answer(body or head.split(b" ", 2)[1]))

    return handle


def bodies(seen: list[bytes]) -> list[bytes]:
    """Bodies of requests."""
    return [request.partition(b"\r\n\r\n")[2] for request in seen]


def paths(seen: list[bytes]) -> list[str]:
    """Paths of requests."""
    return [request.split(b" ", 2)[1].decode() for request in seen]
