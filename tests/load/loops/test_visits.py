"""Think time, streams and sequences under load: in virtual time, and against a real server."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Observation, Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.loops.visits import ClosedVisits, OpenVisits
from bench.load.order import Order, Target
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.supply import Stream, paused_mean
from bench.workload import Checked, Exchange
from tests.load.said import bodies, noting, written
from tests.load.sending import RIGHT, answer, exchange, script
from tests.load.server import Handle, Peer, Served, serving
from tests.load.virtual import MS, VirtualPool, World, planned, taking

CLOSED = Load(Mode.CLOSED, 4)
OPEN = Load(Mode.OPEN, 4, 300.0, Arrivals.CONSTANT)
SESSION = """
def sequence(base_url, number):
    made = yield post(base_url, f"log in {number}")
    token = made.text
    for step in range(3):
        request = httpx.Request("POST", base_url.join("/"), content=f"step {step} of {token}")
        yield Exchange(request, right())
"""


def thinking(think_s: float) -> Stream:
    """One request over and over, with a pause after each."""
    asked = Exchange(exchange().request, Checked(lambda _: None), think_s=think_s)
    return Stream.over(script(asked).sequence_from(0))


def test_a_connection_thinks_before_its_next_request() -> None:
    """A request takes 1 ms, and the pause after it 9."""
    world, samples = World(taking(MS)), Samples(1000)
    loop = ClosedVisits(VirtualPool(world, 1), thinking(0.009), samples)
    loop.run(100 * MS, 150 * MS)
    first = world.sent_at[0]
    assert first < 9 * MS
    assert world.sent_at == [first + n * 10 * MS for n in range(10)]
    assert set(samples.codes()) == {Code.OK}
    assert paused_mean(loop.pauses, 20 * MS, 90 * MS) == pytest.approx(0.9)


def test_connections_begin_in_the_midst_of_a_pause() -> None:
    """Else all of them would send in step; the throughput is connections / (pause + service)."""
    world, samples = World(taking(MS)), Samples(10_000)
    loop = ClosedVisits(VirtualPool(world, 50), thinking(0.049), samples, seed=3)
    loop.run(100 * MS, 200 * MS)
    assert len(set(world.sent_at[:50])) > 40
    assert samples.used == pytest.approx(100, abs=15)


def test_load_that_goes_on_thinks_too() -> None:
    """After the end of the window as before it."""
    took = {3: 70 * MS, 4: 2 * MS}
    world = World(lambda peer, now: peer.world.at(now + took[peer.fd], peer, RIGHT))
    loop = ClosedVisits(VirtualPool(world, 2), thinking(0.001), Samples(1000), goes_on=True)
    loop.run(100 * MS, 500 * MS)
    assert sum(sent > 100 * MS for sent in world.sent_at) > 5


def test_in_open_loop_a_connection_that_thinks_takes_no_request() -> None:
    """What is due meanwhile waits for it."""
    world, samples = World(taking(MS)), planned(n * MS for n in range(10))
    OpenVisits(VirtualPool(world, 1), thinking(0.004), samples).run(10 * MS, 100 * MS)
    assert world.sent_at == [n * 5 * MS for n in range(10)]
    assert set(samples.codes()) == {Code.OK}
    assert samples.column("freed")[1] == 5 * MS


def test_a_think_time_may_be_drawn() -> None:
    """A function is asked each time."""
    world, draws = World(taking(MS)), iter([0.001, 0.002, 0.003, 0.004] + [1.0] * 9)
    asked = Exchange(exchange().request, Checked(lambda _: None), think_s=lambda: next(draws))
    loop = OpenVisits(
        VirtualPool(world, 1), Stream.over(script(asked).sequence_from(0)), planned([0] * 4)
    )
    loop.run(50 * MS, 60 * MS)
    assert world.sent_at == [0, 2 * MS, 5 * MS, 9 * MS]


@pytest.mark.parametrize("drawn", [-1.0, "1", float("nan")])
def test_a_think_time_that_is_none_is_refused(drawn: float) -> None:
    """With the line of the function that gave it."""
    asked = Exchange(exchange().request, Checked(lambda _: None), think_s=lambda: drawn)
    loop = OpenVisits(
        VirtualPool(World(taking(MS)), 1),
        Stream.over(script(asked).sequence_from(0)),
        planned([0]),
    )
    with pytest.raises(UsageError, match="think_s fails: ValueError: an Exchange's think_s is"):
        loop.run(50 * MS, 60 * MS)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    monkeypatch.setattr(generator_module, "FIRST_RATE", 200.0)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


def loaded(
    generator: Generator, served: Served, workload: str, load: Load, client: Client = Client.WIRE
) -> Observation:
    """What a short slice has shown."""
    target = Target("one", served.url, workload, seed=1)
    if "one" not in generator._attached:
        generator.attach(target)
    return generator.run(Order(target, load, client, 5, 0.02, 0.1, 10.0))


CLIENTS = [(CLOSED, Client.WIRE), (OPEN, Client.WIRE), (CLOSED, Client.WIRE_HTTPX),
           (OPEN, Client.HTTPX)]  # fmt: skip


@pytest.mark.parametrize(("load", "client"), CLIENTS)
def test_a_sequence_goes_on_from_what_was_answered(
    generator: Generator, tmp_path: Path, load: Load, client: Client
) -> None:
    """Each in its own order, each with a number of its own, from slice to slice."""
    seen: list[bytes] = []
    with serving(noting(seen)) as served:
        for _ in range(2):
            report = loaded(generator, served, written(tmp_path, SESSION), load, client)
            assert set(report.outcomes) == {Outcome.OK}
    sent = [body.decode() for body in bodies(seen)]
    begun = [text for text in sent if text.startswith("log in")]
    assert len(set(begun)) == len(begun) > 0
    steps = defaultdict(list)
    for text in sent:
        if found := re.fullmatch(r"step (\d) of (log in \d+)", text):
            steps[found[2]].append(int(found[1]))
    assert len(steps) >= len(begun) - 4
    assert all(taken == list(range(len(taken))) for taken in steps.values())


def test_a_sequence_goes_on_over_another_connection_where_the_server_closes_each(
    generator: Generator, tmp_path: Path
) -> None:
    """As servers do that keep none alive."""
    seen: list[bytes] = []

    def handle(served: Served, peer: Peer) -> None:
        request = peer.request()
        if request is not None:
            with served.lock:
                seen.append(request)
            body = request.partition(b"\r\n\r\n")[2]
            peer.send(answer(body).replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))

    with serving(handle) as served:
        report = loaded(generator, served, written(tmp_path, SESSION), CLOSED)
    assert set(report.outcomes) == {Outcome.OK}
    kinds = Counter(body.split()[0] for body in bodies(seen))
    assert kinds[b"step"] > 2 * kinds[b"log"] - 8


def lying(once_in: int) -> Handle:
    """Answers correctly but for one request in so many."""

    def handle(served: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            wrong = served.count() % once_in == 0
            peer.send(
                answer(b"", b"500 no") if wrong else answer(request.partition(b"\r\n\r\n")[2])
            )

    return handle


def test_a_sequence_ends_with_a_step_that_is_answered_wrongly(
    generator: Generator, tmp_path: Path
) -> None:
    """And another is begun: it could not go on from there."""
    with serving(lying(5)) as served:
        report = loaded(generator, served, written(tmp_path, SESSION), CLOSED)
    assert set(report.outcomes) == {Outcome.OK, Outcome.WRONG_STATUS}


def test_an_answer_that_a_sequence_cannot_go_on_from_is_wrong(
    generator: Generator, tmp_path: Path
) -> None:
    """With what it raised, and the line."""
    text = "def sequence(b, n):\n    made = yield get(b, '/')\n    made.json()['token']"
    with serving(noting([])) as served:
        report = loaded(generator, served, written(tmp_path, text), CLOSED)
    assert set(report.outcomes) == {Outcome.WRONG_BODY}
    assert "the sequence cannot go on: JSONDecodeError" in report.errors[0]
    assert "(load.py, line " in report.errors[0]


def test_a_sequence_that_yields_something_else_later_is_refused(
    generator: Generator, tmp_path: Path
) -> None:
    """It is the workload's fault, whatever was answered."""
    text = "def sequence(b, n):\n    yield get(b, '/')\n    yield 'GET /'"
    with (
        serving(noting([])) as served,
        pytest.raises(UsageError, match=r"yields a str, not .* \(load.py, line \d+\)"),
    ):
        loaded(generator, served, written(tmp_path, text), CLOSED)


@pytest.mark.parametrize(("load", "client"), CLIENTS)
def test_requests_made_anew_are_made_before_they_are_sent(
    generator: Generator, tmp_path: Path, load: Load, client: Client
) -> None:
    """None is sent twice, in a second slice neither; what was not made ahead is made meanwhile."""
    seen: list[bytes] = []
    path = written(tmp_path, "def exchange(b, n):\n    return post(b, f'u{n}')")
    with serving(noting(seen)) as served:
        made = []
        for _ in range(2):
            report = loaded(generator, served, path, load, client)
            assert set(report.outcomes) == {Outcome.OK}
            made.append(report.made)
    assert len(set(bodies(seen))) == len(seen) > 1
    if load.mode is Mode.OPEN:
        assert made == [0, 0]


def test_what_a_stream_raises_under_load_is_one_line(generator: Generator, tmp_path: Path) -> None:
    """Then there is nothing to send."""
    text = "def exchange(b, n):\n    return post(b, f'u{n}') if n < 50 else 1 / 0"
    with (
        serving(noting([])) as served,
        pytest.raises(UsageError, match=r"ZeroDivisionError: .* \(load.py, line \d+\)"),
    ):
        loaded(generator, served, written(tmp_path, text), CLOSED)


def test_a_sequence_that_never_comes_back_is_reported(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a slice, too."""
    monkeypatch.setattr(generator_module, "PATIENCE_S", -19.0)
    text = "def sequence(b, n):\n    yield get(b, '/')\n    while True: pass"
    with (
        serving(noting([])) as served,
        pytest.raises(UsageError, match=r"has not returned .* \(load.py, line \d+\)"),
    ):
        loaded(generator, served, written(tmp_path, text), CLOSED)


def test_a_thinking_set_is_known_by_how_many_connections_think(
    generator: Generator, tmp_path: Path
) -> None:
    """With those in flight they are all there are, but for those that the generator is late for."""
    text = "def exchanges(b):\n    yield get(b, '/', think_s=0.02)"
    with serving(noting([])) as served:
        report = loaded(generator, served, written(tmp_path, text), CLOSED)
    assert set(report.outcomes) == {Outcome.OK}
    assert report.thinking_mean > 1
    assert report.thinking_mean + report.in_flight_mean < 4.01
