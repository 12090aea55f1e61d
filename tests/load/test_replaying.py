"""A replayed log: its arrivals are the plan, and requests come to the server as they did once."""

import json
import subprocess
import sys
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.run import Instrument, Pacing
from bench.facts.settings import ReplayRecord
from bench.facts.slice import DoubtKind, Outcome, Verdict
from bench.load.arrivals import intended_ns
from bench.load.generator import Generator
from bench.load.order import Order, Shard, Target, Trace
from bench.load.pieces import sharded
from bench.load.process import load_process
from bench.load.replaying import replayed
from bench.load.scripts.script import Script
from bench.run.rounds.judging import Surroundings, doubts, verdict
from bench.stats.units import NS_PER_MS, NS_PER_S
from bench.system.machine import share_out
from bench.workloads.requests.access_log.replay import Replay, busiest, replay
from bench.workloads.requests.access_log.requests import access_log
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet
from tests.load.sending import exchange
from tests.load.server import Peer, replying, serving
from tests.workloads.requests.access_log.lines import fine

RECORD = ReplayRecord("access.log", "JSON", "", "", 1.0, 1.0, 4, whole_seconds=False)
REQUESTS = (PlainRequest("/a"), PlainRequest("/b"))
DUE_MS = (-600, -200, 0, 1, 1, 999, 1000, 1400)
ORDER = (0, 1, 1, 0, 1, 0, 1, 0)
LOGGED = Load(Mode.OPEN, 32, 100.0, Arrivals.LOG)


def order_for(source: RequestSet, url: str = "http://127.0.0.1:1", **known: object) -> Order:
    """A slice of a replay: half a second before, a second that counts."""
    order = Order(
        target=Target("one", url, source, seed=1),
        load=LOGGED,
        client=Client.WIRE,
        seed=5,
        lead_in_s=0.5,
        window_s=1.0,
        drain_s=0.3,
    )
    return replace(order, **known)  # type: ignore[arg-type]


@pytest.fixture
def source() -> RequestSet:
    """Requests that are sent as ORDER and DUE_MS say."""
    due = array("q", [ms * NS_PER_MS for ms in DUE_MS])
    made = Replay(RECORD, REQUESTS, due, array("q", ORDER))
    return RequestSet(source="access.log", requests=REQUESTS, replay=made)


@pytest.mark.parametrize(
    ("goes_on", "expected_ms"),
    [(False, [300, 500, 501, 501, 1499]), (True, [300, 500, 501, 501, 1499, 1500])],
)
def test_the_plan_is_the_log(
    source: RequestSet,
    goes_on: bool,  # noqa: FBT001 - of a table
    expected_ms: list[int],
) -> None:
    """From the lead-in on; where load goes on, for as long as answers are waited for."""
    found = replayed(order_for(source, goes_on=goes_on))
    assert found.due_ns.tolist() == [ms * NS_PER_MS for ms in expected_ms]
    assert found.lines.tolist() == list(ORDER[1 : 1 + len(expected_ms)])


def test_several_generators_share_it(source: RequestSet) -> None:
    """All of it, each request once."""
    parts = [replayed(each) for each in sharded(order_for(source), 3)]
    whole = replayed(order_for(source))
    together = sorted(
        pair
        for part in parts
        for pair in zip(part.due_ns.tolist(), part.lines.tolist(), strict=True)
    )
    assert together == sorted(zip(whole.due_ns.tolist(), whole.lines.tolist(), strict=True))
    assert replayed(order_for(source, shard=Shard(2, 3))).due_ns.tolist() == [501 * NS_PER_MS]


def test_lines_are_in_the_logs_order() -> None:
    """Filled up to a power of two, as loops want them; and so are their kinds."""
    script = Script([exchange(body=b"a"), exchange("HEAD")], seed=1)
    one, other = script.lines
    lines = np.array([1, 0, 1], np.int64)
    assert script.in_order(lines) == [other, one, other, one]
    assert script.kinds_in_order(lines).tolist() == [1, 0, 1, 0]
    assert script.in_order(lines[:0]) == [one]


def test_what_has_no_arrivals_of_its_own(source: RequestSet) -> None:
    """That is a mistake of the program, not of the user."""
    with pytest.raises(ValueError, match="no arrivals of its own"):
        replayed(order_for(replace(source, replay=None)))
    with pytest.raises(ValueError, match="a log says itself"):
        intended_ns(Arrivals.LOG, 1.0, 1.0, 1)


@contextmanager
def noting() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """A server's URL; when it has ended, what came to it and when."""
    seen: list[tuple[str, int]] = []
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("arrivals.py"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}", seen
        told, _ = server.communicate(timeout=60)
        seen += [(path, at_ns) for path, at_ns in json.loads(told)]


def bursts(count: int) -> list[tuple[int, str]]:
    """Microseconds and paths of a log with bursts: eight at once, then gaps of 1 to 40 ms."""
    draw = np.random.default_rng(7)
    found: list[tuple[int, str]] = []
    at_us = 0
    while len(found) < count:
        found += [(at_us + int(draw.integers(3)), f"/{len(found) + n}") for n in range(8)]
        at_us += int(draw.integers(1_000, 40_000))
    return sorted(found)


def order_of_bursts(path: Path, url: str) -> tuple[Order, list[tuple[int, str]]]:
    """Write a log of 400 requests; the order to replay it to a server, and what it has."""
    logged = bursts(400)
    path.write_text(fine(logged))
    read = access_log(path, skip=False, seed=1)
    assert read.log is not None
    times = np.sort(np.frombuffer(read.log.times, np.int64))
    made = replay(read.log, times, busiest(times, 60.0, 0.4, 1.0), 1.0, seed=1)
    source = replace(read, requests=made.requests, log=None, replay=made)
    order = order_for(
        source, url, lead_in_s=0.1, window_s=made.record.window_s, drain_s=10.0, goes_on=True
    )
    return order, logged


def replay_bursts(path: Path, url: str) -> tuple[Trace, list[tuple[int, str]]]:
    """Replay such a log to a server; what became of it, and the log."""
    order, logged = order_of_bursts(path, url)
    generator = Generator()
    generator.attach(order.target)
    try:
        return generator.trace(order), logged
    finally:
        generator.detach("one")


async def replay_bursts_as_a_run_does(path: Path, url: str) -> tuple[Trace, list[tuple[int, str]]]:
    """The same, from a process with a core of its own and what this machine lets it do to pace."""
    order, logged = order_of_bursts(path, url)
    async with load_process(share_out().generator) as load:
        await load.instrument()  # it looks at its core, and paces as that allows
        await load.attach(order.target)
        return await load.trace(order), logged


def test_a_server_gets_what_the_log_has_at_its_times(tmp_path: Path) -> None:
    """Intended times are the log's, to the microsecond; nothing is sent before it is due."""
    with noting() as (url, seen):
        trace, logged = replay_bursts(tmp_path / "access.log", url)
    assert trace.observation.outcomes == {Outcome.OK: 400}
    logged_us = np.array([us for us, _ in logged])
    assert ((trace.due - trace.due[0]) == (logged_us - logged_us[0]) * 1_000).all()
    came = dict(seen)
    assert sorted(came) == sorted(path for _, path in logged)
    due = dict(zip((path for _, path in logged), trace.due.tolist(), strict=True))
    assert all(came[path] > due[path] for path in due)
    assert (trace.sent >= trace.due).all()


def test_a_log_that_is_more_than_a_server_can_do_makes_its_queue_grow(source: RequestSet) -> None:
    """As at any rate: its slice is invalid, and none of its figures is shown."""
    due = array("q", range(0, NS_PER_S // 4, 2 * NS_PER_MS))
    order = array("q", [0] * len(due))
    source = replace(source, replay=Replay(RECORD, REQUESTS, due, order))
    load = replace(LOGGED, connections=1)
    generator = Generator()
    with serving(replying(lambda peer, _: _late(peer))) as served:
        slow = order_for(
            source, served.url, load=load, lead_in_s=0.0, window_s=0.25, drain_s=30.0, goes_on=True
        )
        generator.attach(slow.target)
        try:
            seen = generator.run(slow)
        finally:
            generator.detach("one")
    assert seen.outcomes == {Outcome.OK: 125}
    instrument = Instrument(Pacing.TIMER, "", kernel_timestamps=True, cores=1)
    found = doubts(load, seen, Surroundings(0, 0.0, usable_cores=2, instrument=instrument))
    assert DoubtKind.OVERLOADED in [doubt.kind for doubt in found]
    assert verdict(found) is Verdict.INVALID


def _late(peer: Peer) -> None:
    """Answer after 8 ms, four times what there is between two requests."""
    threading.Event().wait(0.008)
    peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


@pytest.mark.long  # of its 400 requests, 4 that the machine delays are too many
@pytest.mark.timed
async def test_a_replayed_log_keeps_its_times_to_a_millisecond(tmp_path: Path) -> None:
    """Of 100 requests, 99 are sent within 1 ms of the log; half are with the server's process."""
    with noting() as (url, seen):
        trace, logged = await replay_bursts_as_a_run_does(tmp_path / "access.log", url)
    came = dict(seen)
    late_ns = np.array([came[path] for _, path in logged]) - trace.due
    assert np.percentile(trace.sent - trace.due, 99) < NS_PER_MS
    assert np.percentile(late_ns, 50) < NS_PER_MS
    assert trace.observation.send_lag is not None
    lag_ns = trace.observation.send_lag.percentile_ns(99)
    assert lag_ns is not None
    assert lag_ns < NS_PER_MS
    assert np.percentile(late_ns, 90) < 2 * NS_PER_MS  # the server's own waking is in it
    assert trace.due[-1] - trace.due[0] > NS_PER_S / 2
