"""The reference client: stock httpx, one task a connection, for what it costs as it is."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence

import httpx

from bench.facts.load import Load, Mode
from bench.load.net.bounded import Bounded
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import ScriptLine
from bench.load.scripts.supply import Supply
from bench.stats.units import NS_PER_S
from bench.system import clock


class StockHttpxLoop:
    """Either loop, driven by tasks over an `httpx.AsyncClient`.

    In open loop the requests that are due are taken by the next free task, which sleeps until
    then. The client is opened for the slice and closed after it: it cannot keep its connections
    from one event loop to the next.
    """

    def __init__(
        self,
        load: Load,
        lines: Sequence[ScriptLine] | Supply,
        samples: Samples,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a slice; `transport` stands in for httpx's own if given.

        Slot i of the samples is a request by line i of `lines`, over and over; or each task makes a
        visit of its own. `pauses`: as of `bench.load.loops.visits.Visits`.
        """
        self._load = load
        self._lines = lines
        self.pauses: list[tuple[int, int]] = []
        self._samples = samples
        limits = httpx.Limits(
            max_connections=load.connections, max_keepalive_connections=load.connections
        )
        # made here, because it takes tens of milliseconds; no TLS is spoken
        self._client = httpx.AsyncClient(
            limits=limits,
            trust_env=False,
            transport=Bounded(
                transport or httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
            ),
        )
        self._next = 0
        self._planned = 0
        self._end_ns = 0

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Load the server until the end, then wait for what is in flight.

        Load never goes on after the end: what is planned for later is dropped.
        """
        samples = self._samples
        self._end_ns = end_ns
        self._planned = bisect_left(samples.due, end_ns, 0, samples.used)
        samples.drop(self._planned)
        asyncio.run(self._run(deadline_ns))

    async def _run(self, deadline_ns: int) -> None:
        async with self._client:
            tasks = [asyncio.create_task(self._worker()) for _ in range(self._load.connections)]
            left_s = max(0.0, (deadline_ns - clock.monotonic_ns()) / NS_PER_S)
            done, late = await asyncio.wait(tasks, timeout=left_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            await asyncio.gather(*done)

    async def _worker(self) -> None:
        if not isinstance(self._lines, Supply):
            while (slot := await self._due()) is not None:
                await self._exchange(slot, self._lines[slot % len(self._lines)])
            return
        visit = self._lines.visit()
        try:
            while (slot := await self._due()) is not None:
                line = visit.line()
                await self._exchange(slot, line)
                await self._think(line)
        finally:
            self._lines.leave(visit)

    async def _due(self) -> int | None:
        """The next request, when it is to be sent, or None at the end."""
        slot = self._take()
        if slot is not None and self._load.mode is Mode.OPEN:
            early_s = (self._samples.due[slot] - clock.monotonic_ns()) / NS_PER_S
            await asyncio.sleep(max(0.0, early_s))
        return slot

    async def _think(self, line: ScriptLine) -> None:
        if line.thinks:
            began_ns, think_ns = clock.monotonic_ns(), line.think_ns()
            left_ns = max(0, min(think_ns, self._end_ns - began_ns))
            self.pauses.append((began_ns, began_ns + left_ns))
            await asyncio.sleep(left_ns / NS_PER_S)

    def _take(self) -> int | None:
        """The next request that is to be sent, or None at the end."""
        slot = self._next
        if self._load.mode is Mode.OPEN:
            if slot >= self._planned:
                return None
        elif clock.monotonic_ns() >= self._end_ns or slot >= self._samples.capacity:
            return None
        else:
            self._samples.used = slot + 1
        self._next = slot + 1
        return slot

    async def _exchange(self, slot: int, line: ScriptLine) -> None:
        samples = self._samples
        samples.code[slot] = Code.TIMEOUT  # unless something else becomes of it
        samples.sent[slot] = clock.monotonic_ns()
        try:
            response = await self._client.send(line.request)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            code = _code(error)
            samples.code[slot] = code
            samples.note(f"{code.name.lower()}: {error}")
        else:
            code, status = _judge(line, response, samples), response.status_code
            samples.judged(slot, code, line.request, line.status, status, response.content)
        finally:
            samples.done[slot] = clock.monotonic_ns()


def _code(error: Exception) -> Code:
    """The outcome that an error of httpx stands for."""
    match error:
        case httpx.TimeoutException():
            return Code.TIMEOUT
        case httpx.ConnectError():
            return Code.CONNECT_FAILED
        case httpx.DecodingError() | httpx.InvalidURL() | UnicodeError():
            return Code.WRONG_BODY  # it reads where a redirect leads, though it does not follow
        case httpx.RemoteProtocolError():  # for both: h11's words tell a server that hung up
            hung_up = "disconnected" in str(error) or "closed connection" in str(error)
            return Code.RESET if hung_up else Code.WRONG_BODY
        case _:
            return Code.RESET


def _judge(line: ScriptLine, response: httpx.Response, samples: Samples) -> Code:
    if line.recognises(response.status_code, response.content, response.headers.raw):
        return Code.OK
    if response.status_code != line.status:
        return line.wrong_status(response.status_code, response.content, samples.note)
    return line.check(response, samples.note)
