"""Streams of events of the reference servers; the last part of the URL's path is their form."""

from collections.abc import Iterator

import httpx

from bench.proof.reference.event_streams import EVENTS, EventForm, event
from bench.workload import Exchange, Streamed


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request, and the events that are right, whatever comes."""
    form = EventForm(base_url.path.rpartition("/")[2])

    def fault(came: bytes, number: int) -> str | None:
        expected = event(form, number).rstrip(b"\n")
        return None if came == expected else f"expected {expected!r}, got {came!r:.80}"

    answer = Streamed(form=form.value, events=EVENTS, fault=fault)
    yield Exchange(httpx.Request("GET", base_url), answer)
