"""The reference client: either loop over stock httpx."""

import asyncio
from collections import Counter

import httpx
import pytest

from bench.facts.load import Load, Mode
from bench.load.http1.transport import WireTransport
from bench.load.loops.stock_httpx import StockHttpxLoop
from bench.load.reckoning.samples import Code, Samples
from bench.system import clock
from tests.load.sending import BODY, RIGHT, script
from tests.load.server import answering, refusing_address, replying, serving
from tests.load.virtual import MS, planned

CLOSED = Load(Mode.CLOSED, connections=3)
OPEN = Load(Mode.OPEN, connections=3, offered_rate=100)
PATIENCE_NS = 10_000 * MS


def run(
    samples: Samples,
    load: Load,
    transport: httpx.AsyncBaseTransport,
    drain_ns: int = PATIENCE_NS,
) -> dict[Code, int]:
    """Load for 60 ms; how often each outcome was written down."""
    loop = StockHttpxLoop(load, script().sequence_from(0), samples, transport=transport)
    end = clock.monotonic_ns() + 60 * MS
    loop.run(end, end + drain_ns)
    return {Code(code): n for code, n in Counter(samples.codes().tolist()).items()}


def test_closed_loop_keeps_its_connections_busy_until_the_end() -> None:
    """Requests are sent up to the end, answered, and verified."""
    in_flight, most = 0, 0

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.001)
        in_flight -= 1
        return httpx.Response(200, content=BODY, request=request)

    samples = Samples(1000)
    outcomes = run(samples, CLOSED, httpx.MockTransport(handle))
    assert outcomes == {Code.OK: samples.used}
    assert samples.used > 3
    assert most == 3
    assert (samples.column("done") > samples.column("sent")).all()


def test_open_loop_sends_when_it_is_due_and_not_before() -> None:
    """Times are kept, as well as asyncio keeps them."""
    start = clock.monotonic_ns()
    samples = planned(start + n * 5 * MS for n in range(10))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=BODY))
    assert run(samples, OPEN, transport) == {Code.OK: 10}
    lag = samples.column("sent") - samples.column("due")
    assert (lag > -MS).all()


def test_what_is_due_after_the_end_is_dropped() -> None:
    """A plan for load that goes on is longer than the slice; this client ends in time."""
    start = clock.monotonic_ns()
    samples = planned(start + n * 30 * MS for n in range(1000))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=BODY))
    outcomes = run(samples, OPEN, transport)
    assert clock.monotonic_ns() - start < PATIENCE_NS
    assert outcomes == {Code.OK: samples.used}
    assert samples.used <= 3


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (httpx.Response(500, content=BODY), Code.WRONG_STATUS),
        (httpx.Response(200, content=b"other"), Code.WRONG_BODY),
        (httpx.ConnectError("refused"), Code.CONNECT_FAILED),
        (httpx.ReadError("reset"), Code.RESET),
        (httpx.RemoteProtocolError("Server disconnected without sending"), Code.RESET),
        (httpx.RemoteProtocolError("peer closed connection without"), Code.RESET),
        (httpx.RemoteProtocolError("illegal status line"), Code.WRONG_BODY),
        (httpx.DecodingError("not gzip"), Code.WRONG_BODY),
        (httpx.ReadTimeout("slow"), Code.TIMEOUT),
    ],
)
def test_what_httpx_says_is_an_outcome(
    response: httpx.Response | httpx.HTTPError, outcome: Code
) -> None:
    """One of each, and its error in words."""

    def handle(request: httpx.Request) -> httpx.Response:
        del request
        if isinstance(response, httpx.HTTPError):
            raise response
        return response

    samples = Samples(1)
    assert run(samples, CLOSED, httpx.MockTransport(handle)) == {outcome: 1}
    assert len(samples.errors) == 1


def test_what_is_not_answered_by_the_deadline_has_timed_out() -> None:
    """In flight: timeout; not yet sent: unsent. The deadline is kept."""

    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200, request=request)

    start = clock.monotonic_ns()
    samples = planned(start + n * MS for n in range(10))
    outcomes = run(samples, OPEN, httpx.MockTransport(handle), drain_ns=50 * MS)
    assert outcomes == {Code.TIMEOUT: 3, Code.UNSENT: 7}
    assert clock.monotonic_ns() - start < 1000 * MS


def test_a_fault_of_the_harness_is_not_hidden() -> None:
    """What is no error of httpx is raised, not counted."""

    def handle(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError(request)

    with pytest.raises(ZeroDivisionError):
        run(Samples(10), CLOSED, httpx.MockTransport(handle))


@pytest.mark.parametrize("transport", [httpx.AsyncHTTPTransport, WireTransport])
def test_over_real_connections(transport: "type[httpx.AsyncBaseTransport]") -> None:
    """Stock httpx and our own transport, against a server that lies once."""
    with serving(replying(lambda peer, n: peer.close() if n == 5 else peer.send(RIGHT))) as served:
        samples = Samples(30)
        lines = script().lines
        lines[0].request.url = httpx.URL(f"{served.url}/items/1")
        loop = StockHttpxLoop(CLOSED, lines, samples, transport=transport())
        end = clock.monotonic_ns() + PATIENCE_NS
        loop.run(end, end)
    assert Counter(samples.codes().tolist()) == {Code.OK: 29, Code.RESET: 1}


def test_refused() -> None:
    """Every request fails to connect."""
    host, port = refusing_address()
    samples = Samples(5)
    lines = script().lines
    lines[0].request.url = httpx.URL(f"http://{host}:{port}/")
    end = clock.monotonic_ns() + PATIENCE_NS
    StockHttpxLoop(CLOSED, lines, samples, transport=httpx.AsyncHTTPTransport()).run(end, end)
    assert Counter(samples.codes().tolist()) == {Code.CONNECT_FAILED: 5}


def test_its_own_client_is_httpx_as_it_is() -> None:
    """Without a transport given it makes one, and answers are counted as ever."""
    with serving(answering()) as served:
        samples = Samples(5)
        lines = script().lines
        lines[0].request.url = httpx.URL(served.url)
        loop = StockHttpxLoop(CLOSED, lines, samples)
        end = clock.monotonic_ns() + PATIENCE_NS
        loop.run(end, end)
    assert Counter(samples.codes().tolist()) == {Code.OK: 5}
