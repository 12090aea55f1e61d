"""Both loops in virtual time: known answers, to the nanosecond."""

import pytest

from bench.load.loops import ClosedStreams, OpenStreams
from bench.load.reckoning.samples import Code, Samples
from tests.load.http2.loading import framed
from tests.load.http2.peer import answer
from tests.load.http2.virtual import VirtualStreamPool, VirtualStreams, one_by_one, taking, world
from tests.load.virtual import MS, planned


def test_constant_delay_in_closed_loop() -> None:
    """16 in flight, 5 ms each, for 100 ms: 20 times 16 requests, each of which took 5 ms."""
    time, samples = world(), Samples(10_000)
    pool = VirtualStreamPool(time, [8, 8], taking(5 * MS))
    ClosedStreams(pool, framed(), samples).run(100 * MS, 200 * MS)
    assert samples.used == 20 * 16
    assert set(samples.column("done") - samples.column("sent")) == {5 * MS}
    assert set(samples.codes()) == {Code.OK}


def test_what_one_read_frees_is_sent_by_one_write() -> None:
    """Eight answers that come together are followed by eight requests that go together."""
    time, samples = world(), Samples(10_000)
    answers: list[bytes] = []

    def together(connection: VirtualStreams, stream: int, now: int) -> None:
        answers.append(answer(stream))
        if len(answers) == 8:
            time.at(now + MS, connection, b"".join(answers))
            answers.clear()

    pool = VirtualStreamPool(time, [8], together)
    ClosedStreams(pool, framed(), samples).run(20 * MS, 40 * MS)
    assert pool.by_fd[3].sent == [8] * 20  # type: ignore[attr-defined]
    assert samples.used == 160


def test_a_ramp_begins_requests_one_after_the_other() -> None:
    """On all connections in turn: those that begin together would stay in step."""
    time, samples = world(), Samples(10_000)
    pool = VirtualStreamPool(time, [4, 4], taking(30 * MS))
    ClosedStreams(pool, framed(), samples, ramp_ns=20 * MS).run(30 * MS, 100 * MS)
    assert list(samples.column("sent")) == [number * MS * 5 // 2 for number in range(8)]
    assert [sum(each.sent) for each in pool.by_fd.values()] == [4, 4]  # type: ignore[attr-defined]


def test_what_is_answered_during_the_ramp_is_followed_at_once() -> None:
    """Requests of 3 ms, one more each 5 ms: never more in flight than have begun."""
    time, samples = world(), Samples(10_000)
    pool = VirtualStreamPool(time, [2, 2], taking(3 * MS))
    ClosedStreams(pool, framed(), samples, ramp_ns=20 * MS).run(60 * MS, 100 * MS)
    sent, done = samples.column("sent"), samples.column("done")
    flying = [((sent <= at) & (done > at)).sum() for at in range(0, 59 * MS, MS)]
    assert flying == [min(1 + at // 5, 4) for at in range(59)]


def test_the_samples_may_be_full() -> None:
    """Then no more is sent, and what is in flight is waited for."""
    time, samples = world(), Samples(21)
    pool = VirtualStreamPool(time, [8], taking(MS))
    ClosedStreams(pool, framed(), samples).run(100 * MS, 200 * MS)
    assert samples.used == 21
    assert set(samples.codes()) == {Code.OK}


def test_load_goes_on_until_all_is_answered() -> None:
    """What was sent before the end is answered under load; the rest has as long at the most."""
    time, samples = world(), Samples(10_000)
    pool = VirtualStreamPool(time, [2, 2], taking(7 * MS))
    ClosedStreams(pool, framed(), samples, goes_on=True).run(10 * MS, 100 * MS)
    sent = samples.column("sent")
    assert (sent >= 10 * MS).any()
    assert set(samples.codes()) == {Code.OK}


def test_constant_delay_in_open_loop() -> None:
    """Sent when it is due, answered 5 ms later; nothing waits for a stream."""
    time = world()
    samples = planned(n * MS for n in range(100))
    pool = VirtualStreamPool(time, [3, 3], taking(5 * MS))
    OpenStreams(pool, framed(), samples).run(100 * MS, 200 * MS)
    assert list(samples.column("sent")) == list(samples.column("due"))
    assert set(samples.column("done") - samples.column("due")) == {5 * MS}
    assert not samples.column("freed").any()
    assert not samples.column("noticed").any()


def test_a_stall_is_charged_to_all_that_was_due_in_it() -> None:
    """A server that stands still from 20 to 60 ms, and two streams: all else waits its turn."""
    time = world()
    samples = planned(n * MS for n in range(100))
    serve = one_by_one(MS // 10, range(20 * MS, 60 * MS))
    pool = VirtualStreamPool(time, [1, 1], serve)
    OpenStreams(pool, framed(), samples).run(100 * MS, 300 * MS)
    due, sent, done = (samples.column(name) for name in ("due", "sent", "done"))
    stalled = (due >= 20 * MS) & (due < 60 * MS)
    assert (done[stalled] >= 60 * MS).all()
    waited = stalled.nonzero()[0][2:]
    assert (sent[waited] >= 60 * MS).all()
    assert (samples.column("noticed")[waited] == due[waited]).all()
    assert (samples.column("freed")[waited] == sent[waited]).all()


@pytest.mark.parametrize("at", [1, 8, 9, 12, 20])
def test_a_known_answer_may_come_in_two_pieces(at: int) -> None:
    """Wherever it is cut, and whatever follows."""
    time, samples = world(), Samples(60)

    def cut(connection: VirtualStreams, stream: int, now: int) -> None:
        whole = answer(stream)
        time.at(now + MS, connection, whole[:at])
        time.at(now + 2 * MS, connection, whole[at:])

    pool = VirtualStreamPool(time, [1], cut)
    ClosedStreams(pool, framed(), samples).run(1000 * MS, 2000 * MS)
    assert set(samples.codes()) == {Code.OK}
    assert set(samples.column("done") - samples.column("sent")) == {2 * MS}


def test_one_wrong_byte_of_a_known_answer_is_seen() -> None:
    """As is one that is missing, or too many."""
    time, samples = world(), Samples(80)

    def sometimes_wrong(connection: VirtualStreams, stream: int, now: int) -> None:
        body = {5: b'{"id":2}', 6: b'{"id":1', 7: b'{"id":1}}'}.get(stream // 2 % 8, b'{"id":1}')
        time.at(now + MS, connection, answer(stream, body))

    pool = VirtualStreamPool(time, [4], sometimes_wrong)
    ClosedStreams(pool, framed(), samples).run(1000 * MS, 2000 * MS)
    assert list(samples.codes()).count(Code.WRONG_BODY) == 30
    assert list(samples.codes()).count(Code.OK) == 50
