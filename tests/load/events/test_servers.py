"""Streams of the items app, under servers that are real."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.protocol import Protocol
from servers.speaking import speaking

CLOSED = Load(Mode.CLOSED, 4)
OPEN = Load(Mode.OPEN, 16, 40.0, Arrivals.CONSTANT)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


def order(target: Target, load: Load) -> Order:
    """A slice that is long enough for several streams, until all of them have ended."""
    return Order(
        target, load, Client.WIRE, 5, lead_in_s=0.05, window_s=0.5, drain_s=20.0, goes_on=True
    )


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("uvicorn", Protocol.HTTP_1_1),
        *(
            pytest.param(*each, marks=pytest.mark.long)
            for each in [
                ("uvicorn", Protocol.HTTPS_1_1),
                ("hypercorn", Protocol.HTTP_1_1),
                ("hypercorn", Protocol.HTTPS_1_1),
            ]
        ),
    ],
)
async def test_events_and_exports_are_right(
    name: str, protocol: Protocol, generator: Generator, tmp_path: Path
) -> None:
    """Every event, under either load, with and without TLS; times are never below the server's."""
    profile, app = speaking(catalogue.builtin()[name], protocol), items_app()
    environment = await build(profile, app)
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        for workload, events in (("items_events", 10), ("items_export", 100)):
            target = Target(
                workload, server.url, workload, 1, address=server.address, protocol=protocol
            )
            generator.attach(target)
            for load in (CLOSED, OPEN):
                seen = generator.run(order(target, load))
                assert set(seen.outcomes) == {Outcome.OK}, seen.errors
                assert seen.streams is not None
                assert seen.streams.events == events * seen.streams.streams > 0
                assert seen.streams.gap.total == (events - 1) * seen.streams.streams
                assert seen.streams.faults == {}
                assert (seen.connections_opened, seen.connections_lost) == (0, 0)
            generator.detach(workload)  # over TLS a server would wait for its connections' end


async def test_events_come_through_httpx_too(generator: Generator, tmp_path: Path) -> None:
    """They are verified, and there are no figures of streams."""
    profile, app = catalogue.builtin()["uvicorn"], items_app()
    environment = await build(profile, app)
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        target = Target("one", server.url, "items_events", 1, address=server.address)
        generator.attach(target)
        for client in (Client.HTTPX, Client.WIRE_HTTPX):
            wanted = replace(order(target, CLOSED), client=client, goes_on=False)
            seen = await asyncio.to_thread(generator.run, wanted)
            assert set(seen.outcomes) == {Outcome.OK}, seen.errors
            assert seen.streams is None


async def test_a_wsgi_server_has_no_events(generator: Generator, tmp_path: Path) -> None:
    """It answers 501, and the report has its words."""
    profile, app = catalogue.builtin()["uwsgi"], items_app()
    environment = await build(profile, app)
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        target = Target("one", server.url, "items_events", 1, address=server.address)
        generator.attach(target)
        seen = generator.run(order(target, CLOSED))
    assert set(seen.outcomes) == {Outcome.WRONG_STATUS}
    assert set(seen.statuses) == {501}
    assert "/items/events needs an ASGI server" in seen.examples["501"]
    assert seen.streams is None


def test_streams_are_refused_over_http2(generator: Generator) -> None:
    """In one line, before anything is sent."""
    target = Target("one", "http://127.0.0.1:1", "items_events", 1, protocol=Protocol.H2C)
    with pytest.raises(UsageError) as refused:
        generator.attach(target)
    assert str(refused.value) == (
        "workload 'items_events' is sent over HTTP/1.1 alone, not over h2c: "
        "its answers are streams of events"
    )
