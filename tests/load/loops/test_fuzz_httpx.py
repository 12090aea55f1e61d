"""httpx over real sockets, by its own transport and by ours: any answer is an outcome."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.facts.load import Load, Mode
from bench.load.http1.transport import WireTransport
from bench.load.loops.stock_httpx import StockHttpxLoop
from bench.load.net.answer import BombError
from bench.load.net.bounded import Bounded
from bench.load.reckoning.samples import Code, Samples
from bench.system import clock
from tests.load import hostile
from tests.load.hostile import ANYTHING, CUTS, cut, effort, gibibyte
from tests.load.sending import BODY, RIGHT, answer, exchange, script
from tests.load.server import Peer, Served, answering, serving
from tests.load.virtual import MS
from tests.plain_http import NO_TLS

PATIENCE_NS = 5_000 * MS
TRANSPORTS = {"stock": httpx.AsyncHTTPTransport, "wire": WireTransport}
FOUND = b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: %b\r\n\r\n"


@dataclass
class Liar:
    """Answers each request with the next of some answers, cut into pieces, and closes."""

    answers: list[tuple[bytes, set[int]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    given: int = 0

    def __call__(self, _: Served, peer: Peer) -> None:
        """Answer one request."""
        if peer.request() is None:
            return
        with self.lock:
            raw, cuts = self.answers[self.given % len(self.answers)]
            self.given += 1
        for piece in cut(raw, cuts):
            peer.send(piece)


@contextmanager
def lying() -> Iterator[tuple[Liar, Served]]:
    """A server whose answers can be changed."""
    liar = Liar()
    with serving(liar) as served:
        yield liar, served


ANSWERS = st.lists(st.tuples(st.one_of(st.just(RIGHT), ANYTHING), CUTS), min_size=1, max_size=4)


def outcomes(served: Served, transport: httpx.AsyncBaseTransport, requests: int = 4) -> list[Code]:
    """Load the server with so many requests, half of them HEAD."""
    lines = script(exchange(), exchange("HEAD", body=b"")).sequence_from(0)
    for line in lines:
        line.request.url = httpx.URL(f"{served.url}/items/1")
    samples = Samples(requests)
    end = clock.monotonic_ns() + PATIENCE_NS
    load = Load(Mode.CLOSED, connections=2)
    StockHttpxLoop(load, lines, samples, transport=transport).run(end, end)
    assert clock.monotonic_ns() < end + PATIENCE_NS
    assert samples.used == requests
    assert (samples.column("done") >= samples.column("sent")).all()
    assert all(len(error) < 1000 for error in samples.errors)
    return [Code(code) for code in samples.codes().tolist()]


@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
def test_any_answers_are_outcomes(transport: "type[httpx.AsyncBaseTransport]") -> None:
    """Whatever the server says, the loop ends, and each request has an outcome."""
    with lying() as (liar, served):

        @effort(15)
        @given(ANSWERS)
        @example([(FOUND % b"//xn--/", set())])
        @example([(FOUND % b"http://[", set())])
        @example([(b"HTTP/1.1 200 OK\r\n" + b"quoted whole" * 1000 + b"\r\n\r\n", set())])
        @example([(b"HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", set())])
        def answered(answers: list[tuple[bytes, set[int]]]) -> None:
            liar.answers = answers
            assert Code.UNSENT not in outcomes(served, transport())

        answered()


def test_our_transport_raises_errors_of_httpx_alone() -> None:
    """What it is called by knows no others."""
    with lying() as (liar, served):

        @effort(60)
        @given(ANYTHING, CUTS, st.sampled_from(["GET", "HEAD"]))
        def requested(raw: bytes, cuts: set[int], method: str) -> None:
            liar.answers = [(raw, cuts)]
            asyncio.run(request(method))

        async def request(method: str) -> None:
            transport = WireTransport()
            try:
                await transport.handle_async_request(httpx.Request(method, served.url))
            except (httpx.TransportError, httpx.DecodingError):
                pass
            finally:
                await transport.aclose()

        requested()


@pytest.mark.parametrize("location", hostile.LOCATIONS)
def test_a_redirect_that_leads_nowhere_is_an_outcome(location: bytes) -> None:
    """Httpx reads it though it does not follow, and may trip over it with any ValueError."""
    with serving(answering(FOUND % location)) as served:
        codes = outcomes(served, httpx.AsyncHTTPTransport(verify=NO_TLS), requests=1)
    assert codes[0] in {Code.WRONG_STATUS, Code.WRONG_BODY}


@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
@pytest.mark.parametrize("coding", [b"gzip", b"gzip, gzip"])
async def test_a_bomb_is_an_error(
    transport: "type[httpx.AsyncBaseTransport]", coding: bytes
) -> None:
    """Over any transport that is bounded, and over ours."""
    sent = answer(gibibyte(31), b"200 OK\r\ncontent-encoding: " + coding)
    with serving(answering(sent)) as served:
        async with Bounded(transport()) as bounded:
            with pytest.raises(httpx.DecodingError) as raised:
                await bounded.handle_async_request(httpx.Request("GET", served.url))
    assert isinstance(raised.value, BombError) is (coding == b"gzip")


async def test_an_encoded_answer_is_decoded_as_httpx_would() -> None:
    """Bounding it changes nothing else."""
    sent = answer(gzip.compress(BODY), b"200 OK\r\nx: 1\r\ncontent-encoding: gzip")
    with serving(answering(sent)) as served:
        async with (
            httpx.AsyncClient(verify=NO_TLS) as stock,
            httpx.AsyncClient(
                transport=Bounded(httpx.AsyncHTTPTransport(verify=NO_TLS))
            ) as bounded,
        ):
            theirs, ours = await stock.get(served.url), await bounded.get(served.url)
    assert ours.content == theirs.content == BODY
    assert ours.headers == theirs.headers


async def test_a_body_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stock httpx would read on."""
    monkeypatch.setattr("bench.load.net.bounded.MAX_BODY", 100_000)
    with serving(answering(answer(bytes(1_000_000)))) as served:
        async with httpx.AsyncClient(
            transport=Bounded(httpx.AsyncHTTPTransport(verify=NO_TLS))
        ) as client:
            with pytest.raises(httpx.RemoteProtocolError, match="body of more than 100000"):
                await client.get(served.url)
