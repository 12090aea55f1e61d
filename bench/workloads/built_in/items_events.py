"""items_events: server-sent events about the first ten seeded items, 20 ms apart."""

import json
from collections.abc import Iterator

import httpx

from bench.workload import Exchange, Streamed, StreamForm
from bench.workloads.built_in.get_item import seeded

EVENTS = 10
INTERVAL_MS = 20
MOST = 1000
"""Bytes of an event that are looked at: brackets take twenty times their size once parsed."""


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request, whose answer takes 180 ms."""
    url = base_url.join(f"/items/events?count={EVENTS}&interval={INTERVAL_MS}")
    yield Exchange(
        httpx.Request("GET", url), Streamed(form=StreamForm.SSE, events=EVENTS, fault=_fault)
    )


def _fault(event: bytes, number: int) -> str | None:
    """Compare an event with what it is about."""
    if len(event) > MOST:
        return f"{len(event):,} bytes where an item was expected"
    fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
    wanted = {"number": number, "of": EVENTS, "item": seeded(number)}
    found = json.dumps(json.loads(fields.get(b"data", b"")), sort_keys=True)
    if found != json.dumps(wanted, sort_keys=True):
        return f"expected {json.dumps(wanted)}, got {found:.160}"
    names = (fields.get(b"id"), fields.get(b"event"))
    return None if names == (b"%d" % number, b"item") else f"its id and name are {names!r:.80}"
