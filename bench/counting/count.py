"""Counting one fresh start of one server: started under a counter, warmed up, asked in blocks."""

import asyncio
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.counting.callgrind_file import CodePlace
from bench.counting.client import CountingClient, supply_of
from bench.counting.errors import CounterError, CountingError
from bench.counting.idle import idle_work
from bench.counting.meter import Meter, MeterReading
from bench.counting.settling import has_settled
from bench.errors import AskedError, UsageError
from bench.facts.instructions import CountedBlock, Counter, InstructionCount
from bench.load.net.address import Peer
from bench.load.scripts.compiled import Compiler
from bench.load.settling import settle
from bench.stats.units import NS_PER_S
from bench.system import clock
from bench.workloads.loading import Source
from servers.apps.app import App
from servers.command import Prefix
from servers.environments.environment import Environment
from servers.errors import LaunchError
from servers.launch import launch
from servers.processes.process_tree import TreeClock
from servers.profile import Profile
from servers.readiness import Readiness
from servers.server import Server
from servers.wait_limit import START_LIMIT_S

SLOWER: Final = 4.0
"""How much longer than it may take otherwise a server may take to start under valgrind, which
executes some fifty times slower: a start of a second becomes one of 10 to 25."""
_GRACE_S: Final = 3.0
_FEW: Final = 5  # requests that show whether a server starts a process for each
_TRIES: Final = 3
_CHANGING: Final = (
    "it starts or ends processes as it is asked, and what such a process executes is not known"
)
_IN_SERVER: Final = Path(__file__).with_name("in_server")
_PADDING: Final = "WEIGHBRIDGE_PADDING"
_PADDING_BYTES: Final = 4096
_STEP: Final = 1021  # bytes from one layout to the next: no multiple of a cache line or a page


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """How requests are counted: `blocks` times `requests`, after a warm-up.

    uncounted: requests before counting begins: code is specialised, caches are filled. Then there
    are blocks that do not count, until the last two are alike by `alike` (a share), at most `most`.
    idle_s: how long the server is watched while nothing is asked. connections: each with one
    request in flight.
    """

    requests: int = 100
    blocks: int = 5
    uncounted: int = 200
    alike: float = 0.01
    most: int = 8
    idle_s: float = 2.0
    connections: int = 1


@dataclass(frozen=True, slots=True)
class Countable:
    """What is to be counted: a server with its app, and the workload that it is asked for."""

    profile: Profile
    app: App
    environment: Environment | None
    workload: str  # its name in reports
    source: Source
    seed: int = 0
    workers: int = 1
    readiness: Readiness | None = None
    start_limit_s: float = START_LIMIT_S
    blocks: BlockPlan = field(default_factory=BlockPlan)


@dataclass(frozen=True, slots=True)
class Start:
    """One start of it: its number, from 1, the cores it may use, and where its log goes.

    layout: the hash seed, and what else decides where things lie in memory; see `laid_out`.
    """

    number: int
    log: Path
    cpus: frozenset[int] | None = None
    layout: int = 0
    on_wait: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of one start: the fact, and the instructions of its blocks by function."""

    count: InstructionCount
    parts: dict[CodePlace, int]


async def count(what: Countable, start: Start, meter: Meter, counter: Counter) -> Counted:
    """Start a server afresh and count it. Raises CountingError where that cannot be done."""
    slower = SLOWER if counter is Counter.VALGRIND else 1.0
    limit_s = slower * what.start_limit_s
    try:
        prefix = replace(laid_out(meter.prefix, start.layout), python_path=_IN_SERVER)
        async with launched(what, start, prefix, limit_s) as (server, client):
            return await _Counting(what, start, meter, counter, server, client).run()
    except LaunchError as error:
        raise meter.why_lost() or CountingError(error.of_itself) from error
    except CountingError as error:
        why = meter.why_lost()
        if why is None:
            raise
        raise why from error


def laid_out(prefix: Prefix, layout: int) -> Prefix:
    """The same with a hash seed of this number, and variables of another length.

    Which keys of a dict collide is luck, that of hashes and of addresses: by the path of its folder
    alone the same app takes half a per cent more. Where starts differ in it, it is in the interval:
    Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong, ASPLOS 2009.
    """
    padding = "x" * (layout * _STEP % _PADDING_BYTES)
    env = {**prefix.env, "PYTHONHASHSEED": str(layout), _PADDING: padding}
    return replace(prefix, env=env)


@asynccontextmanager
async def launched(
    what: Countable, start: Start, prefix: Prefix, limit_s: float
) -> AsyncIterator[tuple[Server, CountingClient]]:
    """Give a fresh server and a client of it. Raises CountingError and LaunchError."""
    if what.profile.external:
        raise CounterError("it is not started here")
    async with (
        launch(
            what.profile,
            what.environment,
            what.app,
            log=start.log,
            cpus=start.cpus,
            workers=what.workers,
            deadline_s=limit_s,
            grace_s=_GRACE_S,
            readiness=what.readiness,
            on_wait=start.on_wait,
            prefix=prefix,
        ) as server,
        _connected(what, server) as client,
    ):
        yield server, client


async def rest(server: Server) -> None:
    """Wait until a server rests: it may work on after its answers, and that counts, too."""
    root = server.tree_root
    await asyncio.to_thread(settle, None if root is None else TreeClock(root))


@asynccontextmanager
async def _connected(what: Countable, server: Server) -> AsyncIterator[CountingClient]:
    """A client of this server. Raises CountingError where the workload cannot be counted."""
    try:
        sent = await asyncio.to_thread(Compiler().compile, what.source, server.url, what.seed)
    except (UsageError, AskedError) as error:
        raise CountingError(str(error)) from error
    supply = supply_of(sent, what.blocks.requests)
    client = CountingClient(supply, _peer(server), what.blocks.connections)
    try:
        yield client
    finally:
        client.close()


def _peer(server: Server) -> Peer:
    """Where it is asked by plain HTTP/1.1. Raises CounterError where it is not."""
    address = server.address
    if address.tls is not None or address.protocol.has_streams:
        raise CounterError("instructions are counted over HTTP/1.1 without TLS")
    return (address.host, address.port) if address.socket is None else str(address.socket)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One block: what was read after it, how long it took, connections that were opened in it."""

    reading: MeterReading
    window_ns: int
    opened: int


@dataclass(slots=True)
class _Counting:
    """A server that is up, and what has been asked of it."""

    what: Countable
    start: Start
    meter: Meter
    counter: Counter
    server: Server
    client: CountingClient
    warm_up: int = 0

    async def run(self) -> Counted:
        """Warm up, watch it idle, count."""
        blocks = self.what.blocks
        await self._warm_up(blocks.uncounted)
        await self.meter.begin(self.server)
        self.warm_up += blocks.uncounted
        settled = await self._settle()
        idle = [await self._read(0), await self._read(0)]
        counted = [await self._block() for _ in range(blocks.blocks)]
        fact = InstructionCount(
            profile=self.what.profile.name,
            workload=self.what.workload,
            start=self.start.number,
            counter=self.counter,
            connections=blocks.connections,
            warm_up=self.warm_up,
            settled=settled,
            idle_rate=_rate(idle),
            blocks=_blocks(blocks.requests, counted, idle),
            processes=max(seen.reading.processes for seen in counted),
            startup_ns=self.server.startup_ns,
        )
        return Counted(fact, _together(seen.reading.parts for seen in counted))

    async def _warm_up(self, requests: int) -> None:
        """Ask so many times. Raises CounterError for a server that starts processes all the time.

        Each takes a second under valgrind, so this is seen by few requests; a pool starts its
        processes with the first ones.
        """
        few = max(1, min(_FEW, requests // _TRIES))
        for asked in range(few, _TRIES * few + 1, few):
            before = self.meter.processes(self.server)
            await self.client.ask(few)
            await rest(self.server)
            if self.meter.processes(self.server) == before:
                await self.client.ask(requests - asked)
                return
        raise CounterError(_CHANGING)

    async def _settle(self) -> bool:
        """Ask in blocks that do not count until two are alike; whether they came to be."""
        blocks, seen = self.what.blocks, list[int]()
        for _ in range(blocks.most):
            found = await self._read(blocks.requests)
            self.warm_up += blocks.requests
            seen.append(found.reading.instructions)
            if has_settled(seen, blocks.alike):
                return True
        return False

    async def _block(self) -> _Seen:
        """One that counts. Raises CounterError where not all was counted."""
        found = await self._read(self.what.blocks.requests)
        if found.reading.unsure:
            raise CounterError(_CHANGING)
        return found

    async def _read(self, requests: int) -> _Seen:
        """Ask so many times, or leave the server alone for a while, and read what it took."""
        began_ns = clock.monotonic_ns()
        opened = 0
        if requests:
            opened = await self.client.ask(requests)
        else:
            await asyncio.sleep(self.what.blocks.idle_s)
        await rest(self.server)
        window_ns = clock.monotonic_ns() - began_ns
        return _Seen(await self.meter.read(self.server), window_ns, opened)


def _blocks(
    requests: int, counted: Sequence[_Seen], idle: Sequence[_Seen]
) -> tuple[CountedBlock, ...]:
    """What was seen of blocks, with what of it was no work for their requests."""
    shares: Sequence[int | None] = _idle_work(counted, idle) or [None] * len(counted)
    return tuple(
        CountedBlock(
            requests,
            seen.reading.instructions,
            seen.window_ns,
            share,
            seen.opened,
            seen.reading.kernel_instructions,
            seen.reading.cycles,
            seen.reading.kernel_cycles,
        )
        for seen, share in zip(counted, shares, strict=True)
    )


def _idle_work(counted: Sequence[_Seen], idle: Sequence[_Seen]) -> Sequence[int] | None:
    """Instructions of each block that timers took, not its requests; None: unknown."""
    first, second = idle
    if not first.reading.parts and first.reading.instructions:
        return None  # the counter does not tell functions apart
    return idle_work(
        [seen.reading.parts for seen in counted],
        sum(seen.window_ns for seen in counted),
        (first.reading.parts, second.reading.parts),
        first.window_ns + second.window_ns,
    )


def _rate(idle: Sequence[_Seen]) -> float:
    """Instructions a second while nothing is asked."""
    window_ns = sum(seen.window_ns for seen in idle)
    return sum(seen.reading.instructions for seen in idle) * NS_PER_S / window_ns


def _together(readings: Iterable[Mapping[int, Mapping[CodePlace, int]]]) -> dict[CodePlace, int]:
    """Instructions of each function, of all processes and readings."""
    found = Tally[CodePlace]()
    for reading in readings:
        for parts in reading.values():
            found.update(parts)
    return dict(found)
