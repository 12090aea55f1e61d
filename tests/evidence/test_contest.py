"""Runs in which it is known what differs."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from bench import clock
from bench.evidence.contest import COPIES, PLANTED, contest
from bench.reference import slowed_app
from bench.resolve import resolve
from tests.bench.test_resolve import OPTIONS


def test_copies_and_slowed_copies_of_one_server() -> None:
    """Each slowed by a busy loop of its share of a request's CPU time; copies run the app bare."""
    wanted = resolve(replace(OPTIONS, servers="granian", tests="none"))
    found = contest(wanted, request_ns=100_000)
    copies, slowed = found.profiles[:COPIES], found.profiles[COPIES:]
    assert [copy.name for copy in copies][:2] == ["granian", "granian#2"]
    assert [one.env[slowed_app.BUSY_NS] for one in slowed] == ["3000", "5000", "10000"]
    assert [found.told["planted"][one.name] for one in slowed] == list(PLANTED)
    assert {found.app_of(copy).asgi for copy in copies} == {"app.main:app"}
    assert {found.app_of(one).asgi for one in slowed} == {"bench.reference.slowed_app:app"}
    assert found.settings.profiles == tuple(one.name for one in found.profiles)
    assert found.twin is None


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A clock that goes on by 100 ns whenever it is read; its readings."""
    readings: list[int] = []
    ticks = count(0, 100)

    def read() -> int:
        readings.append(next(ticks))
        return readings[-1]

    monkeypatch.setattr(clock, "monotonic_ns", read)
    monkeypatch.setenv(slowed_app.SLOWED, "tests.evidence.test_contest:answered")
    monkeypatch.setenv(slowed_app.BUSY_NS, "1000")
    slowed_app._busy_ns.cache_clear()
    slowed_app._other.cache_clear()
    yield readings
    slowed_app._busy_ns.cache_clear()
    slowed_app._other.cache_clear()


async def answered(scope: dict[str, object], _receive: object, _send: object) -> None:
    """Note that the app behind was called."""
    scope["answered"] = True


async def nothing() -> dict[str, object]:
    """No message."""
    return {}


async def ignore(_: object) -> None:
    """Send it nowhere."""


@pytest.mark.parametrize(("kind", "until"), [("http", 1000), ("lifespan", None)])
async def test_the_core_is_busy_before_each_request_and_at_no_other_time(
    kind: str, until: int | None, ticking: list[int]
) -> None:
    """For as long as was asked; then the other app answers."""
    scope: dict[str, object] = {"type": kind}
    await slowed_app.app(scope, nothing, ignore)
    assert scope["answered"]
    assert (ticking[-1] - ticking[0] if ticking else None) == until
