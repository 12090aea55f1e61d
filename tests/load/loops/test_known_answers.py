"""What the loops compare at once: a known answer, no byte more; on real sockets."""

from collections import Counter
from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest

from bench.facts.run import Pacing
from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import Pool
from bench.load.reckoning.samples import Code, Samples
from bench.system import clock
from tests.load.sending import BODY, RIGHT, answer, exchange, script
from tests.load.server import Handle, Peer, Served, serving

MS = 1_000_000
LONG = b"x" * 3000


def alternating(*responses: Sequence[bytes]) -> Handle:
    """A server whose answers take turns; each is sent in pieces."""
    numbers = count()

    def handle(_: Served, peer: Peer) -> None:
        while peer.request() is not None:
            for piece in responses[next(numbers) % len(responses)]:
                peer.send(piece)

    return handle


def outcomes(samples: Samples) -> dict[Code, int]:
    """How often each outcome was written down."""
    return {Code(code): n for code, n in Counter(samples.codes().tolist()).items()}


def closed(handle: Handle, requests: int, *bodies: bytes) -> Samples:
    """Let one connection send so many requests."""
    samples = Samples(requests)
    lines = script(*(exchange(body=body) for body in bodies)).sequence_from(0)
    with serving(handle) as served:
        pool = Pool(served.address, make_poller(Pacing.TIMER))
        try:
            assert pool.ready(1) is None
            end_ns = clock.monotonic_ns() + 60_000 * MS
            ClosedLoop(pool, lines, samples).run(end_ns, end_ns)
        finally:
            pool.close()
    return samples


def test_one_byte_too_many_is_seen() -> None:
    """It comes with the answer, and is not taken for the beginning of the next one."""
    handle = alternating([RIGHT], [RIGHT], [RIGHT + b"x"])
    assert outcomes(closed(handle, 30, BODY)) == {Code.OK: 20, Code.WRONG_BODY: 10}


def test_an_answer_longer_than_the_last_is_read_to_its_end() -> None:
    """Of a wrong one too all bytes are read, so that the next answer is not lost with it."""
    handle = alternating([RIGHT], [RIGHT], [answer(LONG)])
    samples = closed(handle, 30, BODY)
    assert outcomes(samples) == {Code.OK: 20, Code.WRONG_BODY: 10}
    assert not any("reset" in error for error in samples.errors)


@pytest.mark.parametrize("at", [1, 20, len(RIGHT) - 1])
def test_a_known_answer_may_come_in_two_pieces(at: int) -> None:
    """The first of them is no answer."""
    handle = alternating([RIGHT], [RIGHT[:at], RIGHT[at:]])
    assert outcomes(closed(handle, 40, BODY)) == {Code.OK: 40}


@pytest.mark.parametrize("pacing", [Pacing.TIMER, Pacing.BRIEF_SPIN, Pacing.SPIN, Pacing.POLL])
def test_a_loop_ends_in_time_whoever_waits_for_it(pacing: Pacing) -> None:
    """Also where nothing comes any more: a server that answers nothing, and one that does."""
    for handle in (alternating([RIGHT]), alternating([])):
        samples = Samples(200_000)
        with serving(handle) as served:
            pool = Pool(served.address, make_poller(pacing))
            try:
                assert pool.ready(2) is None
                end_ns = clock.monotonic_ns() + 30 * MS
                ClosedLoop(pool, script().sequence_from(0), samples).run(end_ns, end_ns + 20 * MS)
                assert clock.monotonic_ns() >= end_ns
            finally:
                pool.close()
        assert samples.used >= 2
        assert (samples.column("sent") < end_ns).all()


def test_more_descriptors_than_one_poll_tells_of_are_all_served() -> None:
    """The open loop's plan is sent whole over 150 connections that are answered together."""
    samples = Samples(300)
    with serving(alternating([RIGHT])) as served:
        pool = Pool(served.address, make_poller(Pacing.TIMER))
        try:
            assert pool.ready(150) is None
            start_ns = clock.monotonic_ns() + 10 * MS
            samples.plan(np.repeat(np.array([start_ns, start_ns + 20 * MS]), 150))
            lines = script().sequence_from(0)
            OpenLoop(pool, lines, samples).run(start_ns + 40 * MS, start_ns + 60_000 * MS)
        finally:
            pool.close()
    assert outcomes(samples) == {Code.OK: 300}
