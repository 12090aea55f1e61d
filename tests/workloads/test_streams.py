"""What the workloads of the items API take for right events."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.load.events.verifying import EventVerifier, ExpectedStream
from bench.workload import Streamed
from bench.workloads.built_in import items_events, items_export
from bench.workloads.built_in.get_item import seeded

BASE = httpx.URL("http://127.0.0.1:8000")
Item = dict[str, Any]


def streamed(workload: Any) -> Streamed:
    """What its one request is to be answered by."""
    (exchange,) = workload.exchanges(BASE)
    assert isinstance(exchange.answer, Streamed)
    return exchange.answer


def event(number: int, /, **changes: Any) -> bytes:
    """An event as the items app has it, but for these fields of its data."""
    data = {"number": number, "of": items_events.EVENTS, "item": seeded(number), **changes}
    return b"id: %d\nevent: item\ndata: %b" % (number, json.dumps(data).encode())


def line(number: int, /, **changes: Any) -> bytes:
    """An item as a line, but for these fields."""
    return json.dumps({**seeded(number), **changes}).encode()


def faults(workload: Any, events: list[bytes]) -> EventVerifier:
    """What is wrong with a whole stream."""
    verifier = EventVerifier(ExpectedStream(streamed(workload)))
    for each in events:
        verifier.take(each)
    verifier.end()
    return verifier


def test_right_events_are_right() -> None:
    """Ten, each about an item of its own."""
    assert faults(items_events, [event(number) for number in range(1, 11)]).faults == {}


@pytest.mark.parametrize(
    "wrong",
    [
        event(1, of=9),
        event(1, number=2),
        event(1, number=True),
        event(1, item=None),
        event(1, item={**seeded(1), "price": -1}),
        event(1, more=1),
        event(1).replace(b"id: 1", b"id: 2"),
        event(1).replace(b"event: item\n", b""),
        b"data: 1",
        b"data: {",
        b"data: " + b"[" * 5000,
        b"nothing",
    ],
)
def test_wrong_events_are_wrong(wrong: bytes) -> None:
    """Another number, item or shape."""
    found = faults(items_events, [wrong, *(event(number) for number in range(2, 11))])
    assert sum(found.faults.values()) == 1


def test_an_export_may_have_more_than_the_seeded_items() -> None:
    """What others have added comes after them, in the order of its ids, with holes."""
    whole = [line(number) for number in range(1, 101)]
    added = [line(7, id=identity) for identity in (101, 102, 110)]
    assert faults(items_export, whole).faults == {}
    assert faults(items_export, whole + added).faults == {}
    assert faults(items_export, whole[:99]).faults != {}
    assert faults(items_export, [*whole, added[0], line(7, id=101)]).faults != {}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: line(5, name="WRONG"),
        lambda _: line(5, in_stock=1),
        lambda _: b"[]",
        lambda _: b"[" * 5000,
        lambda right: right[:-1],
    ],
)
def test_a_wrong_line_is_wrong(spoil: Callable[[bytes], bytes]) -> None:
    """Another item, a partial one, another shape."""
    lines = [line(number) for number in range(1, 101)]
    lines[4] = spoil(lines[4])
    assert sum(faults(items_export, lines).faults.values()) == 1


@pytest.mark.parametrize("workload", [items_events, items_export])
def test_no_token_is_needed(workload: Any) -> None:
    """Reads are public."""
    (exchange,) = workload.exchanges(BASE)
    assert "authorization" not in exchange.request.headers
    assert exchange.request.url.host == "127.0.0.1"
