"""Rounds, from the first to the last: side by side, one at a time, and after an interruption."""

from dataclasses import replace

import pytest

from bench.facts.settings import Timing
from bench.facts.slice import Role
from bench.run.resume_checks import check_planned
from bench.run.rounds.starting_point import StartingPoint
from tests.run.rounds.staged import (
    NAMES,
    SHORT,
    TWO,
    Made,
    StoppedError,
    perform,
    settings,
    stage,
    turns,
)


@pytest.mark.parametrize("restless_from", [None, 1, 2, 3, 4, 9])
async def test_an_interrupted_experiment_goes_on_after_any_slice(
    monkeypatch: pytest.MonkeyPatch, restless_from: int | None
) -> None:
    """What there is follows the plan, and so does what comes; no slice is there twice.

    Also where a server is measured alone, after all others of its round.
    """
    whole = stage(b=Made(restless_from=restless_from))
    await perform(whole, SHORT, monkeypatch)
    for stop_after in range(1, len(whole.slices), 2):
        found = stage(b=Made(restless_from=restless_from))
        found.stop_after = stop_after
        with pytest.raises(StoppedError):
            await perform(found, SHORT, monkeypatch)
        check_planned(found.facts, SHORT, NAMES)
        found.alive.clear()
        await perform(found, SHORT, monkeypatch, StartingPoint.after(found.facts))
        check_planned(found.facts, SHORT, NAMES)
        assert len(turns(found)) == len(set(turns(found))), f"stopped after {stop_after}"
        exposed = {(one.round, one.cell) for one in found.counted if one.role is Role.EXPOSURE}
        assert len(exposed) == 2 * 6, f"stopped after {stop_after}"


@pytest.mark.parametrize("restless_from", [None, 3])
async def test_idle_websockets_are_weighed_once_for_each_server(
    monkeypatch: pytest.MonkeyPatch, restless_from: int | None
) -> None:
    """When its first round's load is over; what it weighs after that load has nothing of them."""
    found = stage(a=Made(idle_bytes=30_000, restless_from=restless_from), b=Made(idle_bytes=5_000))
    await perform(found, SHORT, monkeypatch)
    said = [note for note in found.notes if "idle WebSockets" in note]
    assert said == ["weighing 1,000 idle WebSockets of each server"]
    idle = [(drain.profile, drain.idle) for drain in found.drains if drain.idle]
    assert sorted(name for name, _ in idle) == ["a", "b"]
    for name, each in idle:
        assert each is not None
        added = each.with_bytes - each.without_bytes
        assert added == each.number * (found.servers[name].idle_bytes or 0)
    assert {made.held for made in found.servers.values()} == {0}, "all were closed again"
    weighed = {drain.profile: drain for drain in found.drains if drain.idle}
    for drain in weighed.values():
        assert drain.idle is not None
        assert drain.pss_loaded_bytes == drain.idle.without_bytes
    await perform(found, SHORT, monkeypatch, StartingPoint.after(found.facts))
    assert len([drain for drain in found.drains if drain.idle]) == 2


ALONE = settings(NAMES, timing=Timing(most_pieces=1, stage_s=120.0, budget_s=120.0), alone=True)


async def test_servers_are_measured_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is exposed to each load in each round, in drawn order, with no other beside it."""
    found = stage(b=Made(service_s=0.016))
    await perform(found, ALONE, monkeypatch)
    assert not any(load.beside for load in found.loads)
    for round_ in (1, 2):
        exposed = [(o.cell.profile, o.cell.load) for o in found.counted if o.round == round_]
        assert len(exposed) == len(set(exposed)) == 2 * len(NAMES)
    assert {one.role for one in found.counted} == {Role.EXPOSURE}
    assert found.rates == {"get_item": pytest.approx(0.5 * 32 / 0.016, rel=0.05)}
    assert {name: made.launches for name, made in found.servers.items()} == dict.fromkeys(NAMES, 3)
    check_planned(found.facts, ALONE, NAMES)


@pytest.mark.parametrize("stop_after", range(1, 14, 2))
async def test_a_run_of_one_server_at_a_time_goes_on_after_any_slice(
    monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    """What it has is not done again, and nothing is left out."""
    found = stage()
    found.stop_after = stop_after
    with pytest.raises(StoppedError):
        await perform(found, ALONE, monkeypatch)
    await perform(found, ALONE, monkeypatch, StartingPoint.after(found.facts))
    assert sorted(turns(found)) == [(r, 1, position) for r in (1, 2) for position in range(6)]
    check_planned(found.facts, ALONE, NAMES)


async def test_one_that_cannot_start_alone_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is it started again in the same round."""
    found = stage(b=Made(unready=range(1, 9)))
    done = await perform(found, ALONE, monkeypatch)
    assert found.servers["b"].launches == 1
    assert done.failed == {"b"}
    assert {(o.round, o.cell.profile) for o in found.counted} == {
        (1, "a"), (1, "c"), (2, "a"), (2, "c"),
    }  # fmt: skip


async def test_nothing_is_tried_again_when_no_server_has_lived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the end of a round."""
    found = stage(**{name: Made(dies_at=3) for name in NAMES})
    done = await perform(found, replace(TWO, rounds=5), monkeypatch)
    assert done.failed == set(NAMES)
    assert {launch.round for launch in found.launches} == {1}
