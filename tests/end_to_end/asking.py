"""Asking a server that is starting, until it answers."""

import select
import socket
from pathlib import Path

import httpx


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def get(url: str, client: httpx.Client | None = None) -> httpx.Response:
    """Ask until somebody answers; by a client of one's own, if there is one."""
    for _ in range(400):
        try:
            return client.get(url) if client else httpx.get(url, trust_env=False)
        except httpx.TransportError:
            select.select([], [], [], 0.05)
    raise AssertionError(f"{url} does not answer")


def read_until(log: Path, wanted: str) -> str:
    """Read a log until it holds what is wanted: some servers log after they have answered."""
    for _ in range(200):
        text = log.read_text(encoding="utf-8")
        if wanted in text:
            return text
        select.select([], [], [], 0.05)
    raise AssertionError(f"{wanted} is not in {log}")
