"""Think times, sequences and requests made anew over shared connections: virtual, and real."""

from collections import Counter, defaultdict
from collections.abc import Generator as Steps
from itertools import count
from pathlib import Path

import httpx
import pytest

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.http2.frames import ErrorCode, goaway, rst_stream
from bench.load.loops.stream_visits import ClosedHttp2Visits, OpenHttp2Visits
from bench.load.order import Order, Target
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.sequences import Sequences
from bench.load.scripts.stream_script import StreamScript
from bench.load.scripts.supply import Stream, Supply, paused_mean
from bench.workload import Checked, Exchange
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.protocol import Protocol
from servers.speaking import speaking
from tests.load.http2.peer import answer
from tests.load.http2.virtual import Serve, VirtualStreamPool, VirtualStreams, taking, world
from tests.load.sending import BODY, exchange, script
from tests.load.virtual import MS, planned

SEQUENCE = """
import httpx
from bench.workload import Checked, Exchange

def sequence(base_url, number):
    items = base_url.join("/items")
    body = {"name": f"visit {number}", "price": 1.5}
    create = httpx.Request("POST", items, json=body)
    made = yield Exchange(create, Checked(lambda r: None, status=201))
    one = base_url.join(f"/items/{made.json()['id']}")
    same = Checked(lambda r: None if r.json()["name"] == body["name"] else "another's item")
    yield Exchange(httpx.Request("GET", one), same, think_s=0.005)
    yield Exchange(httpx.Request("DELETE", one), Checked(lambda r: None, status=204))
"""
LOADS = (Load(Mode.CLOSED, 12), Load(Mode.OPEN, 12, 100.0, Arrivals.CONSTANT))


def thinking(think_s: float) -> Stream:
    """One request over and over, with a pause after each."""
    asked = Exchange(exchange().request, Checked(lambda _: None), think_s=think_s)
    return Stream.over(script(asked).sequence_from(0))


def closed(shares: list[int], serve: Serve, supply: Supply) -> tuple[ClosedHttp2Visits, Samples]:
    """Load for 100 ms of virtual time, and 50 ms more for what is in flight."""
    samples = Samples(10_000)
    pool = VirtualStreamPool(world(), shares, serve)
    loop = ClosedHttp2Visits(pool, supply, StreamScript("http"), samples, seed=3)
    loop.run(100 * MS, 150 * MS)
    return loop, samples


def test_a_visit_thinks_before_its_next_request() -> None:
    """A request takes 1 ms, and the pause after it 9."""
    loop, samples = closed([1], taking(MS), thinking(0.009))
    first = samples.column("sent")[0]
    assert first < 9 * MS
    assert samples.column("sent").tolist() == [first + n * 10 * MS for n in range(10)]
    assert set(samples.codes()) == {Code.OK}
    assert paused_mean(loop.pauses, 20 * MS, 90 * MS) == pytest.approx(0.9)


def test_as_many_visits_are_on_their_way_as_requests_may_be_in_flight() -> None:
    """Eight over two connections, never more, and none of them in step with the others."""
    loop, samples = closed([4, 4], taking(MS), thinking(0.019))
    sent, done = samples.column("sent"), samples.column("done")
    assert samples.used == pytest.approx(8 * 5, abs=4)
    assert len(set(sent[:8].tolist())) > 5
    assert max(((sent <= at) & (done > at)).sum() for at in sent) <= 8
    assert paused_mean(loop.pauses, 0, 100 * MS) == pytest.approx(8 * 0.95, rel=0.02)


def test_in_open_loop_a_visit_that_thinks_takes_no_request() -> None:
    """What is due meanwhile waits for it, and that is written down."""
    samples = planned(n * MS for n in range(10))
    pool = VirtualStreamPool(world(), [1], taking(MS))
    OpenHttp2Visits(pool, thinking(0.004), StreamScript("http"), samples).run(10 * MS, 100 * MS)
    assert samples.column("sent").tolist() == [n * 5 * MS for n in range(10)]
    assert set(samples.codes()) == {Code.OK}
    assert samples.column("freed")[1] == 5 * MS


def test_each_step_is_made_of_the_answer_before() -> None:
    """One sequence after the other on each visit, each with a number of its own."""
    steps: defaultdict[int, list[str]] = defaultdict(list)

    def begin(number: int) -> Steps[Exchange, httpx.Response, None]:
        for step in range(3):
            answered = yield exchange()
            steps[number].append(f"{step} {answered.text}")

    sequences = Sequences(begin, count(1), "steps", __file__)
    _, samples = closed([2, 1], taking(MS), sequences)
    assert set(samples.codes()) == {Code.OK}
    assert samples.used == 300
    whole = [f"{step} {BODY.decode()}" for step in range(3)]
    assert all(seen == whole[: len(seen)] for seen in steps.values())
    assert sum(map(len, steps.values())) == 300
    assert sum(len(seen) < 3 for seen in steps.values()) <= 3


def test_what_is_lost_ends_its_visit_alone() -> None:
    """A stream that is reset, and a connection that goes away: what it left is sent again."""
    asked = count(1)

    def serve(connection: VirtualStreams, stream: int, now: int) -> None:
        what = {5: rst_stream(stream, ErrorCode.CANCEL), 9: goaway(0, ErrorCode.NO_ERROR)}
        said = what.get(next(asked), answer(stream))
        connection.world.at(now + MS, connection, said)

    loop, samples = closed([2, 2], serve, thinking(0.004))
    codes = Counter(samples.codes().tolist())
    assert codes[Code.RESET] == 1
    assert codes[Code.OK] == samples.used - 1 > 60
    assert loop.kinds().tolist() == [0] * samples.used


@pytest.mark.parametrize(
    "protocol", [pytest.param(each, marks=pytest.mark.long) for each in (Protocol.H2C, Protocol.H3)]
)
async def test_sequences_over_a_real_server(
    protocol: Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items are made, read and deleted, each by the visit that made it, in both loops."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    workload = tmp_path / "visits.py"
    workload.write_text(SEQUENCE, encoding="utf-8")
    profile, app = speaking(catalogue.builtin()["hypercorn"], protocol), items_app()
    environment, generator = await build(profile, app), Generator()
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        target = Target("it", server.url, str(workload), 1, server.address, protocol)
        generator.attach(target)
        try:
            for load in LOADS:
                order = Order(target, load, Client.WIRE, 1, 0.05, 0.5, 10.0, goes_on=True)
                seen = generator.run(order)
                assert set(seen.outcomes) == {Outcome.OK}, seen.errors
                assert seen.thinking_mean > 0
                assert (seen.connections_opened, seen.connections_lost) == (0, 0)
        finally:
            generator.detach("it")
