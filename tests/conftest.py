"""Fixtures of every test; imports nothing of the project, so that the gate can run alone."""

from typing import Final

import pytest

HUNG_S: Final = 300
"""After which a test is ended that should take seconds; a busy machine is not that slow."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the event loop that the project runs on."""
    return "asyncio"


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
