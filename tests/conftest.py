"""Fixtures of every test; imports nothing of the project, so that the gate can run alone."""

import faulthandler
import gc
import os
import sys
from collections.abc import Iterator
from typing import Final
from unittest import mock

import pytest

HUNG_S: Final = 180.0
"""After which a test is ended that should take seconds; a busy machine is not that slow."""
STUCK_S: Final = 300.0
"""After which its process is ended: what should have ended the test was caught, or it cleans up."""
LONG_STUCK_S: Final = 3000.0
_STDERR = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the event loop that the project runs on."""
    return "asyncio"


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of the garbage collector's sight.

    It stays as long as the process does, and to look through it takes half a second.
    """
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _kept_out_of_sight() -> Iterator[None]:
    """Also of the load generator, which looks through all there is when it is told of a target."""
    with mock.patch.object(gc, "unfreeze"):
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End what hangs, and give long measurements that expect times of this machine three tries.

    Others have the machine's cores at some time in those minutes; short ones hold at the first try.
    The gate runs its suite where neither plugin may be installed.
    """
    bounded = config.pluginmanager.hasplugin("timeout")
    for item in items:
        if item.get_closest_marker("long") is not None:
            if item.get_closest_marker("timed") is not None:
                item.add_marker(pytest.mark.flaky(reruns=2))
        elif bounded:
            item.add_marker(pytest.mark.timeout(HUNG_S))


def pytest_configure(config: pytest.Config) -> None:
    """Keep a way to standard error that is open while a test's output is captured.

    Until all tests are collected there is little garbage, and much to look through for it.
    """
    gc.disable()
    assert sys.__stderr__ is not None
    config.stash[_STDERR] = os.dup(sys.__stderr__.fileno())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Bound the time until the process has ended: a thread that goes on would keep it.

    A worker of xdist is ended by who started it, when all are done.
    """
    faulthandler.cancel_dump_traceback_later()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        faulthandler.dump_traceback_later(STUCK_S, exit=True, file=config.stash[_STDERR])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Bound the time until the test is over."""
    _exit_if_stuck(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Bound the time until all is cleaned up, too: pytest and its plugins give up at a failure."""
    _exit_if_stuck(item)


def pytest_runtest_logfinish() -> None:
    """Wait for the next test as long as it takes."""
    faulthandler.cancel_dump_traceback_later()


def _exit_if_stuck(item: pytest.Item) -> None:
    """Show what every thread does, and exit, so that the run ends or goes on in another process."""
    limit_s = STUCK_S if item.get_closest_marker("long") is None else LONG_STUCK_S
    faulthandler.dump_traceback_later(limit_s, exit=True, file=item.config.stash[_STDERR])
