"""Runs in which it is known what differs."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.errors import UsageError
from bench.plan.schedule import LONGEST_EXPOSURE_S, exposure_s
from bench.proof.estimators.contest import COPIES, PLANTED, contest
from bench.proof.reference.apps import slowed_app
from bench.run.request.resolve import resolve
from tests.build.options import OPTIONS


def test_copies_and_slowed_copies_of_one_server() -> None:
    """Each slowed by a loop of its share of a request's; the loop of the copies is empty."""
    wanted = resolve(replace(OPTIONS, servers="granian", tests="none"))
    found = contest(wanted, loops_in_a_request=10_000)
    copies, slowed = found.profiles[:COPIES], found.profiles[COPIES:]
    assert [copy.name for copy in copies][:2] == ["granian", "granian#2"]
    assert {copy.env[slowed_app.LOOPS] for copy in copies} == {"0"}
    assert [one.env[slowed_app.LOOPS] for one in slowed] == ["300", "500", "1000"]
    planted = found.settings.planted or {}
    assert [planted[one.name] for one in slowed] == list(PLANTED)
    assert {found.app_of(one).asgi for one in found.profiles} == {
        "bench.proof.reference.apps.slowed_app:app"
    }
    assert found.settings.profiles == tuple(profile.name for profile in found.profiles)
    assert found.twin is None


def test_the_time_of_a_round_is_shared_among_all_copies() -> None:
    """Not among the one server that was named: else exposures would leave none for pieces."""
    wanted = resolve(
        replace(OPTIONS, servers="granian", tests="none", against_itself=False, rounds=5)
    )
    found = contest(wanted, loops_in_a_request=10_000).settings
    assert wanted.settings.timing.exposure_s == LONGEST_EXPOSURE_S
    assert found.timing.exposure_s == exposure_s(
        found.timing, found.rounds, len(found.profiles), len(found.workloads)
    )
    assert found.timing.exposure_s < LONGEST_EXPOSURE_S


def test_a_budget_that_is_too_short_for_all_copies_is_refused() -> None:
    """Though it is long enough for one server."""
    wanted = resolve(replace(OPTIONS, servers="granian", tests="none", budget_s=20.0))
    with pytest.raises(UsageError, match="too short for one rotation of 8 servers"):
        contest(wanted, loops_in_a_request=10_000)


class Counted:
    """A range that counts how often it is gone through."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, times: int) -> range:
        """Count, and give what was asked for."""
        self.times += times
        return range(times)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """The loops of an app of which 1,000 are asked for."""
    made = Counted()
    monkeypatch.setattr(slowed_app, "range", made, raising=False)
    monkeypatch.setenv(slowed_app.SLOWED, "tests.proof.evidence.test_contest:answered")
    monkeypatch.setenv(slowed_app.LOOPS, "1000")
    slowed_app._loops.cache_clear()
    slowed_app._other.cache_clear()
    yield made
    slowed_app._loops.cache_clear()
    slowed_app._other.cache_clear()


async def answered(scope: dict[str, object], _receive: object, _send: object) -> None:
    """Note that the app behind was called."""
    scope["answered"] = True


async def nothing() -> dict[str, object]:
    """No message."""
    return {}


async def ignore(_: object) -> None:
    """Send it nowhere."""


@pytest.mark.parametrize(("kind", "times"), [("http", 1000), ("lifespan", 0)])
async def test_the_core_is_busy_before_each_request_and_at_no_other_time(
    kind: str, times: int, counted: Counted
) -> None:
    """As often as was asked; then the other app answers."""
    scope: dict[str, object] = {"type": kind}
    await slowed_app.app(scope, nothing, ignore)
    assert scope["answered"]
    assert counted.times == times
