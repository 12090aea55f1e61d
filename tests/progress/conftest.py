"""Time that passes only when a test says so."""

import pytest

from bench.system import clock
from tests.progress.made import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that tellers read."""
    still = Clock()
    monkeypatch.setattr(clock, "monotonic_ns", still)
    return still
