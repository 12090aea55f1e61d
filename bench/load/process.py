"""The generator in processes of its own, pinned away from the servers."""

import asyncio
import ctypes
import multiprocessing
import multiprocessing.util
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import Final, TypeVar

from bench.errors import HarnessError, UsageError
from bench.facts.run import Instrument, Pacing
from bench.facts.slice import Observation
from bench.load.generator import Generator, InTwoSteps
from bench.load.order import Order, Shard, Target, Trace
from bench.load.pacing.choice import OwnCores, usable_cores
from bench.load.pieces import in_parallel, sharded
from bench.load.scripts.compiled import Compiler
from bench.system import clock

LEAVE_TIMEOUT_S: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1
_HEAD_START_NS: Final = 50_000_000  # for all shards, which are ready, to be told when they begin
_LAST: Final = -1000  # of what a process does at its end
_HELPERS: Final = "OPENBLAS_NUM_THREADS"
A = TypeVar("A")
R = TypeVar("R")
_generator: Generator | None = None  # of this process, made by _start
_loading: InTwoSteps | None = None  # what it is ready for, by _prepare


class LoadProcess:
    """Passes orders to the generator's processes, one order at a time.

    Each process is the one worker of an executor. Several are shards: they share a load, and what
    they have seen is put together. Raises HarnessError when one has died.
    """

    def __init__(self, executors: Sequence[Executor]) -> None:
        """Use executors that have exactly one worker each, started by `_start`."""
        self._executors = executors

    async def pids(self) -> list[int]:
        """Which processes they are; starts them."""
        return await self._all(_pid, [None] * len(self._executors))

    async def instrument(self) -> Instrument:
        """What this machine lets them do; they have as many cores as there are of them."""
        first, *others = await self._all(_instrument, [None] * len(self._executors))
        return replace(first, cores=sum(each.cores for each in (first, *others)))

    async def keep_pacing(self, pacing: Pacing, reason: str) -> None:
        """Pace like this from now on, for the `reason` given, whatever the cores are doing."""
        await self._all(_keep_pacing, [(pacing, reason)] * len(self._executors))

    async def attach(self, target: Target) -> None:
        """Make a target known.

        Raises UsageError for whatever is wrong with its workload, AskedError when that asks the
        server in vain.
        """
        await self._all(_attach, [target] * len(self._executors))

    async def detach(self, key: str) -> None:
        """Close the connections to a target."""
        await self._all(_detach, [key] * len(self._executors))

    async def run(self, order: Order) -> Observation:
        """Load a target for one slice.

        Shards begin when all of them are ready: to make requests ahead, and to open connections,
        takes each as long as it takes.
        """
        shards = len(self._executors)
        if shards == 1:
            return await self._submit(self._executors[0], _run, order)
        try:
            await self._all(_prepare, sharded(order, shards))
        except UsageError:  # of one of them
            await self._all(_give_up, [None] * shards)
            raise
        start_ns = clock.monotonic_ns() + _HEAD_START_NS
        return in_parallel(await self._all(_run_prepared, [start_ns] * shards))

    async def alternate(self, orders: Sequence[Order], pieces: Sequence[int]) -> list[Observation]:
        """Load several targets in turns, each for a slice that is cut into pieces.

        Shards begin each order together, which takes longer than a piece: of several, each order
        is run whole.
        """
        if len(self._executors) > 1:
            return [await self.run(order) for order in orders]
        return await self._submit(self._executors[0], _alternate, (orders, pieces))

    async def trace(self, order: Order) -> Trace:
        """Load a target for one slice from the first process alone, and report every request."""
        return await self._submit(self._executors[0], _trace, order)

    async def hold(self, key: str, number: int) -> bool:
        """Keep so many idle WebSockets open to a target; see `Generator.hold`."""
        return await self._submit(self._executors[0], _hold, (key, number))

    async def _all(self, function: Callable[[A], R], arguments: Sequence[A]) -> list[R]:
        """Call a function in all processes at once, and wait for all: none is left at work."""
        calls = [
            self._submit(executor, function, argument)
            for executor, argument in zip(self._executors, arguments, strict=True)
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        return [_result(each) for each in results]

    async def _submit(self, executor: Executor, function: Callable[[A], R], argument: A) -> R:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(executor, function, argument)
        except BrokenProcessPool as error:
            raise HarnessError(
                "the load generator process died: check the machine's memory and try again"
            ) from error


def _result(found: R | BaseException) -> R:
    if isinstance(found, BaseException):
        raise found
    return found


@asynccontextmanager
async def load_process(cores: frozenset[int] | None, shards: int = 1) -> AsyncIterator[LoadProcess]:
    """Start the generator's processes, one for each of `cores` (None: anywhere); they end here.

    They die with this process, however that ends. Leaving waits for the slice that is running, and
    kills what has not ended after LEAVE_TIMEOUT_S: a user's check may hang.
    """
    usable = usable_cores()
    places = [None] * shards if cores is None else [frozenset({core}) for core in sorted(cores)]
    first_number = clock.realtime_ns() // 1000
    """Of requests that are numbered. Fewer than one a microsecond are made: no run before has had
    the same, on a machine whose clock goes on."""
    executors = [
        _executor(OwnCores(place, usable), Shard(index, shards), first_number)
        for index, place in enumerate(places[:shards])
    ]
    load = LoadProcess(executors)
    pids: list[int] = []
    try:
        with _without_helpers():
            pids = await load.pids()
        yield load
    finally:
        with _killing(pids, LEAVE_TIMEOUT_S):
            for executor in executors:
                executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _without_helpers() -> Iterator[None]:
    """Let processes that start here have one thread each.

    numpy would have one more for each core, for linear algebra that is not done; and where there
    is a second thread, idle or not, the C library makes every system call dearer.
    """
    before = os.environ.get(_HELPERS)
    os.environ[_HELPERS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_HELPERS]
        else:
            os.environ[_HELPERS] = before


def _executor(cores: OwnCores, shard: Shard, first_number: int) -> Executor:
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(os.getpid(), cores, shard, first_number),
    )


@contextmanager
def _killing(pids: Sequence[int], after_s: float) -> Iterator[None]:
    """Kill processes unless the block ends in time."""

    def kill() -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(after_s, kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _start(parent: int, cores: OwnCores, shard: Shard, first_number: int) -> None:
    """Prepare the generator's process: die with the parent, leave Ctrl-C to it, pin."""
    global _generator  # noqa: PLW0603 - a process pool's worker has no other place to keep state
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cores.own is not None:
            os.sched_setaffinity(0, cores.own)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before it could be tied to
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _generator = Generator(cores, Compiler(shard, first_number))
    multiprocessing.util.Finalize(None, _leave, exitpriority=_LAST)


def _leave() -> None:
    """End this process now that it has nothing more to do: a workload's threads may not end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _own_generator() -> Generator:
    assert _generator is not None  # noqa: S101 - _start has run in this process
    return _generator


def _pid(_: None) -> int:
    return os.getpid()


def _attach(target: Target) -> None:
    _own_generator().attach(target)


def _detach(key: str) -> None:
    _own_generator().detach(key)


def _hold(asked: tuple[str, int]) -> bool:
    return _own_generator().hold(*asked)


def _instrument(_: None) -> Instrument:
    return _own_generator().instrument


def _keep_pacing(asked: tuple[Pacing, str]) -> None:
    _own_generator().keep_pacing(*asked)


def _run(order: Order) -> Observation:
    return _own_generator().run(order)


def _prepare(order: Order) -> None:
    """Be ready to begin; until then, this process does nothing else."""
    global _loading  # noqa: PLW0603 - as of the generator
    _loading = _own_generator().in_two_steps(order)
    try:
        next(_loading)
    except BaseException:
        _loading = None
        raise


def _run_prepared(start_ns: int) -> Observation:
    """Begin at `start_ns` of CLOCK_MONOTONIC what this process is ready for."""
    global _loading
    assert _loading is not None  # noqa: S101 - _prepare has run in this process
    loading, _loading = _loading, None
    try:
        loading.send(start_ns)
    except StopIteration as done:
        seen: Observation = done.value
        return seen
    raise AssertionError("there is no third step")


def _give_up(_: None) -> None:
    """Begin nothing of what this process is ready for."""
    global _loading
    loading, _loading = _loading, None
    if loading is not None:
        loading.close()


def _alternate(asked: tuple[Sequence[Order], Sequence[int]]) -> list[Observation]:
    return _own_generator().alternate(*asked)


def _trace(order: Order) -> Trace:
    return _own_generator().trace(order)
