"""Streams beside plain reads of the items API: whether the reads have to wait for the streams."""

import json
from collections.abc import Iterator

import httpx

from bench.workload import Checked, Exchange, Streamed, sse_data

EVENTS = 20


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One stream to nineteen reads."""
    events = httpx.Request("GET", base_url.join(f"/items/events?count={EVENTS}&interval=10"))
    yield Exchange(events, Streamed(form="sse", events=EVENTS, fault=is_next))
    read = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(read, Checked(is_item), weight=19)


def is_next(event: bytes, number: int) -> str | None:
    """Events are numbered in their data."""
    found = json.loads(sse_data(event))["number"]
    return None if found == number else f"it is number {found}"


def is_item(response: httpx.Response) -> str | None:
    """The item that was asked for."""
    return None if response.json()["id"] == 1 else "another item"
