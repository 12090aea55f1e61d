"""Reference servers in processes of their own."""

import select

import pytest


@pytest.fixture(scope="session")
def epoll() -> None:
    """Skip where reference servers cannot be."""
    if not hasattr(select, "epoll"):
        pytest.skip("reference servers are made of epoll")
