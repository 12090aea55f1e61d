"""Fixtures of every test; imports nothing of the project, so that the gate can run alone."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the event loop that the project runs on."""
    return "asyncio"
