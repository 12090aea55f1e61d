"""The generator in a process of its own, pinned away from the servers."""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, TypeVar

from bench.errors import HarnessError
from bench.load.generator import Generator
from bench.load.order import Order, Report, Target

LEAVE_TIMEOUT_S: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1
A = TypeVar("A")
R = TypeVar("R")
_generator: Generator | None = None  # of this process, made by _start


class LoadProcess:
    """Passes orders to the generator's process; one at a time.

    Raises HarnessError when that process has died.
    """

    def __init__(self, executor: Executor) -> None:
        """Use an executor that has exactly one worker, started by `_start`."""
        self._executor = executor

    async def pid(self) -> int:
        """Which process it is; starts it."""
        return await self._submit(_pid, None)

    async def attach(self, target: Target) -> None:
        """Make a target known. Raises UsageError for whatever is wrong with its workload."""
        await self._submit(_attach, target)

    async def detach(self, key: str) -> None:
        """Close the connections to a target."""
        await self._submit(_detach, key)

    async def run(self, order: Order) -> Report:
        """Load a target for one slice."""
        return await self._submit(_run, order)

    async def _submit(self, function: Callable[[A], R], argument: A) -> R:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, function, argument)
        except BrokenProcessPool as error:
            raise HarnessError(
                "the load generator's process has died: look at the machine's memory and try again"
            ) from error


@asynccontextmanager
async def load_process(cores: frozenset[int] | None) -> AsyncIterator[LoadProcess]:
    """Start the generator's process on `cores` (None: anywhere); it ends on leaving.

    It dies with this process, however that ends. Leaving waits for the slice that is running, and
    kills what has not ended after LEAVE_TIMEOUT_S: a user's check may hang.
    """
    executor = ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(os.getpid(), cores),
    )
    load = LoadProcess(executor)
    pid: int | None = None
    try:
        pid = await load.pid()
        yield load
    finally:
        with _killing(pid, LEAVE_TIMEOUT_S):
            executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _killing(pid: int | None, after_s: float) -> Iterator[None]:
    """Kill a process, if it is known, unless the block ends in time."""

    def kill() -> None:
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(after_s, kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _start(parent: int, cores: frozenset[int] | None) -> None:
    """Prepare the generator's process: die with the parent, leave Ctrl-C to it, pin."""
    global _generator  # noqa: PLW0603 - a process pool's worker has no other place to keep state
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cores is not None:
            os.sched_setaffinity(0, cores)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before it could be tied to
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _generator = Generator()


def _own_generator() -> Generator:
    assert _generator is not None  # noqa: S101 - _start has run in this process
    return _generator


def _pid(_: None) -> int:
    return os.getpid()


def _attach(target: Target) -> None:
    _own_generator().attach(target)


def _detach(key: str) -> None:
    _own_generator().detach(key)


def _run(order: Order) -> Report:
    return _own_generator().run(order)
