"""Rounds and rotations: who is loaded, when, for how long and beside whom."""

import re
from collections import Counter
from dataclasses import replace
from itertools import groupby

import pytest

from bench.errors import HarnessError
from bench.facts.load import Arrivals, Cell, Mode
from bench.facts.settings import ReplayRecord, Timing
from bench.facts.slice import DoubtKind, Outcome, Role, Verdict
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT
from bench.plan.time_shares import Shares
from bench.run.resume_checks import check_planned
from bench.run.rounds.attempts import FAILED_AGAIN, NEVER_READY
from bench.run.rounds.experiment import RESTLESS, StartingPoint
from bench.run.rounds.pilot_messages import no_right_answer
from tests.build.slices import CLOSED, slice_of
from tests.run.rounds.staged import (
    NS,
    PATIENCE_S,
    WRONG,
    Made,
    Stage,
    StoppedError,
    perform,
    settings,
)

CELL = Cell("uvicorn", "get_item", CLOSED)
TOO_SLOW = (
    "; it is too slow for 32 connections: the time limit of a request is 30 s; give fewer "
    "--connections"
)
NAMES = ("a", "b", "c")
TWO = settings(NAMES)
FIVE = replace(TWO, rounds=5, timing=Timing(stage_s=150.0, budget_s=150.0))
SHORT = replace(TWO, timing=Timing(exposure_s=0.5, stage_s=30.0, budget_s=30.0))


def stage(**servers: Made) -> Stage:
    """Three servers, all alike but for those that are given."""
    return Stage({name: servers.get(name, Made()) for name in NAMES})


def turns(found: Stage) -> list[tuple[int, int, int]]:
    """Where slices that count stand, in their order."""
    return [(one.round, one.rotation, one.position) for one in found.counted]


async def test_each_round_begins_by_exposing_every_server_to_each_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a break, with load that goes on; then pieces are taken in turns."""
    found = stage()
    await perform(found, TWO, monkeypatch)
    cut = found.cuts["get_item"]
    for round_ in (1, 2):
        first = [one for one in found.counted if (one.round, one.rotation) == (round_, 1)]
        assert {one.role for one in first} == {Role.EXPOSURE}
        assert len({one.cell for one in first}) == len(first) == 6
        second = [one for one in found.counted if (one.round, one.rotation) == (round_, 2)]
        assert {one.role for one in second} == {Role.COMPARISON}
        assert all(one.pieces is not None for one in second)
    exposures = [load.order for load in found.loads if load.order.lead_in_s == cut.lead_in_s]
    assert all(order.goes_on for order in exposures)
    shares = sorted({order.window_s / cut.exposure_s for order in exposures})
    assert len(shares) > 1
    assert schedule.EXPOSURE_SHARES[0] <= shares[0]
    assert shares[-1] <= schedule.EXPOSURE_SHARES[1]
    assert {(order.lead_in_s, order.drain_s) for order in exposures} == {
        (cut.lead_in_s, cut.drain_s)
    }
    compared = [load.order for load in found.loads if load.order.window_s == cut.window_s]
    assert not any(order.goes_on for order in compared)
    assert turns(found) == sorted(set(turns(found)))
    check_planned(found.facts, TWO, NAMES)


async def test_a_log_is_replayed_as_a_whole_in_each_exposure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At its own rate, never in pieces, and as long for every server; saturation is as ever."""
    record = ReplayRecord("a.log", "common", "", "", 1.0, 4.0, 300, whole_seconds=True)
    found = stage()
    await perform(found, replace(TWO, replays={"get_item": record}), monkeypatch)
    logged = [load for load in found.loads if load.order.load.arrivals is Arrivals.LOG]
    assert {load.name for load in logged} == set(NAMES)
    assert {load.order.window_s for load in logged} == {4.0}
    assert {load.order.load.offered_rate for load in logged} == {75.0}
    assert all(load.order.goes_on for load in logged)
    opened = [one for one in found.counted if one.cell.load.mode is Mode.OPEN]
    assert len(opened) == len(logged)
    assert {one.role for one in opened} == {Role.EXPOSURE}
    pieces = [one for one in found.counted if one.role is Role.COMPARISON]
    assert {one.cell.load.mode for one in pieces} == {Mode.CLOSED}
    assert found.cuts["get_item"].replayed_s == 4.0
    check_planned(found.facts, replace(TWO, replays={"get_item": record}), NAMES)


async def test_a_rounds_time_is_shared_between_exposures_and_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it was planned, to a rotation."""
    found = stage()
    await perform(found, replace(TWO, rounds=1), monkeypatch)
    seconds: Counter[bool] = Counter()
    for load in found.loads[3:]:
        seconds[load.order.goes_on] += round(1000 * (load.order.lead_in_s + load.order.window_s))
    share = seconds[True] / seconds.total()
    assert share == pytest.approx(schedule.EXPOSED_SHARE, abs=0.15)
    assert found.now_ns / NS == pytest.approx(60, abs=15)


async def test_a_run_of_usual_length_has_pieces_in_every_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of seven servers and a twin: exposures leave no time for others, but for pieces."""
    names = tuple("abcdefgh")
    timing = replace(Timing(), exposure_s=schedule.exposure_s(Timing(), 5, len(names), 1))
    found = Stage({name: Made() for name in names})
    await perform(found, settings(names, rounds=5, timing=timing), monkeypatch)
    for round_ in range(1, 6):
        of_round = [one for one in found.counted if one.round == round_]
        roles = Counter(one.role for one in of_round)
        assert roles[Role.EXPOSURE] == 2 * len(names)
        assert roles[Role.COMPARISON] >= 4 * len(names)
        assert max(one.ended_s for one in of_round) == pytest.approx(60 * round_, abs=6)


async def test_servers_that_await_are_exposed_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There are no pieces that could be taken in turns."""
    found = stage(**{name: Made(service_s=0.05) for name in NAMES})
    await perform(found, TWO, monkeypatch)
    assert {one.role for one in found.counted} == {Role.EXPOSURE}
    assert max(one.rotation for one in found.counted) > 1


async def test_requests_that_take_longer_than_the_pilot_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is repeated, longer, until some begin and end in it; then everything is as long."""
    found = stage(b=Made(service_s=1.5))
    await perform(found, replace(TWO, timing=Timing(stage_s=200.0, budget_s=200.0)), monkeypatch)
    pilots = [load.order for load in found.loads if load.name == "b"][:3]
    assert [order.window_s for order in pilots] == pytest.approx([0.5, 1.5, 4.5], rel=0.01)
    cut = found.cuts["get_item"]
    assert (cut.exposure_s, cut.lead_in_s) == pytest.approx((3.0, 2.25), rel=0.05)
    mine = [one for one in found.counted if one.cell.profile == "b"]
    assert mine
    assert all(one.requests for one in mine)


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


@pytest.mark.parametrize("restless_from", [1, 2, 3, 6])
async def test_a_restless_server_is_measured_alone(
    monkeypatch: pytest.MonkeyPatch, restless_from: int
) -> None:
    """It is stopped as soon as that is known, and disturbs no other from then on."""
    found = stage(b=Made(restless_from=restless_from))
    await perform(found, TWO, monkeypatch)
    assert ("b", RESTLESS) in found.failures
    loads = [each for each in found.loads if each.name == "b"][restless_from:]
    assert loads
    assert all(not each.beside for each in loads)
    known = next(n for n, each in enumerate(found.slices) if not each.settled) + 1
    for load, one in zip(found.loads[known:], found.slices[known:], strict=True):
        if load.name != "b" and "b" in load.beside:
            assert one.verdict is Verdict.INVALID, "it was taken in turns with it"
            assert DoubtKind.NEIGHBOUR_WORKING in {doubt.kind for doubt in one.doubts}
    for round_ in (1, 2):
        mine = [o for o in found.counted if o.cell.profile == "b" and o.round == round_]
        exposed = [one.cell.load.mode for one in mine if one.role is Role.EXPOSURE]
        assert {Mode.OPEN, Mode.CLOSED} == set(exposed)
    assert len(turns(found)) == len(set(turns(found)))
    check_planned(found.facts, TWO, NAMES)


async def test_the_time_of_those_measured_alone_is_kept_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others have the rest of the second round, and no more."""
    found = stage(b=Made(restless_from=1))
    await perform(found, TWO, monkeypatch)
    alone_s = 2 * PATIENCE_S  # which nobody knew of before
    assert found.now_ns / NS < 60 + 3 * alone_s


@pytest.mark.parametrize("number", [1, 2])
async def test_servers_that_are_all_restless_are_measured_all_the_same(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """In every round, each without another beside it."""
    names = NAMES[:number]
    found = Stage({name: Made(restless_from=1) for name in names})
    wanted = settings(names, timing=Timing(stage_s=300.0, budget_s=300.0))
    await perform(found, wanted, monkeypatch)
    for round_ in (1, 2):
        exposed = {(o.cell.profile, o.cell.load) for o in found.counted if o.round == round_}
        assert len(exposed) == 2 * number
    assert {one.role for one in found.counted} == {Role.EXPOSURE}
    check_planned(found.facts, wanted, names)


async def test_a_run_of_restless_servers_goes_on_after_an_interruption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None of them can be measured side by side from the beginning: that is not the end."""
    found = Stage({name: Made(restless_from=1) for name in ("a", "b")}, stop_after=5)
    wanted = settings(("a", "b"), timing=Timing(stage_s=300.0, budget_s=300.0))
    with pytest.raises(StoppedError):
        await perform(found, wanted, monkeypatch)
    await perform(found, wanted, monkeypatch, StartingPoint.after(found.facts))
    assert {(o.round, o.cell.profile) for o in found.counted} == {
        (1, "a"), (1, "b"), (2, "a"), (2, "b"),
    }  # fmt: skip
    check_planned(found.facts, wanted, ("a", "b"))


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


async def test_a_server_that_dies_is_passed_over_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others go on; it has failed all the same."""
    found = stage(b=Made(dies_at=3))
    done = await perform(found, TWO, monkeypatch)
    assert done.failed == {"b"}
    in_round = Counter((one.round, one.cell.profile) for one in found.counted)
    assert in_round[1, "b"] < in_round[1, "a"]
    assert in_round[2, "b"] == in_round[2, "a"]
    check_planned(found.facts, TWO, NAMES)


@pytest.mark.parametrize(
    ("gated", "times", "why"), [(False, 1, NEVER_READY), (True, 2, FAILED_AGAIN)]
)
async def test_a_server_that_is_not_ready_is_not_started_in_each_round(
    monkeypatch: pytest.MonkeyPatch, *, gated: bool, times: int, why: str
) -> None:
    """Once more if it was ready for its gate; the others go on without it, and it is said."""
    found = stage(b=Made(unready=range(1, 9), launch_s=5.0))
    done = await perform(found, FIVE, monkeypatch, gated=gated)
    assert found.servers["b"].launches == times
    assert ("b", why) in found.failures
    assert done.failed == {"b"}
    assert {(o.round, o.cell.profile) for o in found.counted} == {
        (round_, name) for round_ in range(1, 6) for name in ("a", "c")
    }
    check_planned(found.facts, FIVE, NAMES)


async def test_a_run_of_which_only_the_twin_lives_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there to be compared with: alone it would be measured for nothing."""
    found = stage(a=Made(unready=range(1, 9)), b=Made(unready=range(1, 9)))
    await perform(found, FIVE, monkeypatch, twin="c")
    assert found.servers["c"].launches == 1
    assert found.counted == []


@pytest.mark.parametrize(("budget_s", "launches"), [(24.0, 0), (90.0, 3)])
async def test_a_twin_is_started_only_if_there_is_time_for_pieces(
    monkeypatch: pytest.MonkeyPatch, budget_s: float, launches: int
) -> None:
    """It is there for nothing else; what it would take to start goes to the others."""
    found = stage(**{name: Made(launch_s=1.0) for name in NAMES})
    timing = Timing(stage_s=budget_s, budget_s=budget_s)
    await perform(found, replace(TWO, rounds=3, timing=timing), monkeypatch, twin="c")
    assert found.servers["b"].launches > 0
    assert found.servers["c"].launches == launches


async def test_a_server_that_does_not_answer_what_a_workload_asks_first_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others are measured, and what was asked in vain is told."""
    found = stage(b=Made(unanswering=True))
    done = await perform(found, TWO, monkeypatch)
    assert done.failed == {"b"}
    assert ("b", "workload 'w' asks the server, and that fails") in found.failures
    assert {one.cell.profile for one in found.counted} == {"a", "c"}


@pytest.mark.parametrize(("unready", "launches"), [({2}, 5), ({2, 3}, 3), ({3, 5}, 5)])
async def test_a_server_that_failed_in_two_rounds_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch, unready: set[int], launches: int
) -> None:
    """Where it was ready before: once may be bad luck."""
    found = stage(b=Made(unready=unready))
    await perform(found, FIVE, monkeypatch)
    assert found.servers["b"].launches == launches
    check_planned(found.facts, FIVE, NAMES)


async def test_a_server_that_was_given_up_stays_so_after_an_interruption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What had failed is on disk."""
    whole = stage(b=Made(unready={2, 3}))
    await perform(whole, FIVE, monkeypatch)
    found = stage(b=Made(unready={2, 3}))
    found.stop_after = next(n for n, one in enumerate(whole.slices) if one.round == 4)
    with pytest.raises(StoppedError):
        await perform(found, FIVE, monkeypatch)
    found.alive.clear()
    await perform(found, FIVE, monkeypatch, StartingPoint.after(found.facts))
    assert found.servers["b"].launches == 3
    check_planned(found.facts, FIVE, NAMES)


@pytest.mark.parametrize(
    ("launch_s", "budget_s", "rounds"),
    [(1.0, 300.0, 5), (10.0, 300.0, 5), (25.0, 300.0, 3), (25.0, 200.0, 2), (25.0, 60.0, 1)],
)
async def test_servers_that_start_slowly_have_fewer_rounds(
    monkeypatch: pytest.MonkeyPatch, launch_s: float, budget_s: float, rounds: int
) -> None:
    """The budget is kept, but for the one round that there is in any case."""
    found = stage(**{name: Made(launch_s=launch_s) for name in NAMES})
    timing = Timing(stage_s=budget_s, budget_s=budget_s)
    await perform(found, replace(TWO, rounds=5, timing=timing), monkeypatch)
    assert {one.round for one in found.counted} == set(range(1, rounds + 1))
    assert found.now_ns / NS <= max(OVERDRAFT * budget_s, max_round_s(found) + 1)
    roles = {(one.round, one.role) for one in found.counted}
    wanted = {(round_, Role.EXPOSURE) for round_ in range(1, rounds + 1)}
    assert wanted <= roles
    if budget_s == 300:
        assert (rounds, Role.COMPARISON) in roles


async def test_nothing_is_tried_again_when_no_server_has_lived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the end of a round."""
    found = stage(**{name: Made(dies_at=3) for name in NAMES})
    done = await perform(found, replace(TWO, rounds=5), monkeypatch)
    assert done.failed == set(NAMES)
    assert {launch.round for launch in found.launches} == {1}


@pytest.mark.parametrize(
    ("service_s", "budget_s", "rounds"),
    [(0.05, 300.0, 5), (1.5, 300.0, 5), (1.5, 100.0, 2), (1.5, 10.0, 1)],
)
async def test_rounds_that_exceed_the_budget_are_fewer(
    monkeypatch: pytest.MonkeyPatch, service_s: float, budget_s: float, rounds: int
) -> None:
    """One there always is, however long its requests take; and none is cut short."""
    found = stage(**{name: Made(service_s=service_s) for name in NAMES})
    wanted = replace(TWO, rounds=5, timing=Timing(stage_s=budget_s, budget_s=budget_s))
    await perform(found, wanted, monkeypatch)
    assert {one.round for one in found.counted} == set(range(1, rounds + 1))
    cells = Counter((one.round, one.rotation) for one in found.counted)
    assert set(cells.values()) == {6}
    longest_s = max_round_s(found)
    assert found.now_ns / NS <= max(1.2 * budget_s, longest_s)


async def test_later_rounds_are_as_long_as_the_shortest_of_the_fixed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In rotations, also in one that was interrupted; there are as many as the precision takes."""
    wanted = replace(
        SHORT, rounds=3, precision=0.05, timing=replace(SHORT.timing, stage_s=60.0, budget_s=300.0)
    )
    whole = stage(**{name: Made(spread=0.02) for name in NAMES})
    await perform(whole, wanted, monkeypatch)
    later = [n for n, one in enumerate(whole.slices) if one.round == 4 and not one.warm_up]
    assert later
    for stop_after in (None, later[0] + 1, later[-1], later[-1] + 1):
        found = stage(**{name: Made(spread=0.02) for name in NAMES})
        found.stop_after = stop_after
        try:
            await perform(found, wanted, monkeypatch)
        except StoppedError:
            found.alive.clear()
            await perform(found, wanted, monkeypatch, StartingPoint.after(found.facts))
        rotations = {one.round: one.rotation for one in found.counted}
        shortest = min(rotations[round_] for round_ in (1, 2, 3))
        assert {rotations[round_] for round_ in rotations if round_ > 3} == {shortest}
        assert len(turns(found)) == len(set(turns(found)))


def max_round_s(found: Stage) -> float:
    """How long the longest round took, by the ends of its slices."""
    ends = [max(o.ended_s for o in group) for _, group in groupby(found.slices, lambda o: o.round)]
    return max(end - begin for begin, end in zip([0.0, *ends], ends, strict=False))


async def test_an_experiment_without_right_answers_says_what_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of every server."""
    found = stage(**{name: Made(right=False) for name in NAMES})
    with pytest.raises(HarnessError) as failed:
        await perform(found, TWO, monkeypatch)
    for name in NAMES:
        assert f"{name}: 0 of 4,000 answered correctly (4,000 wrong status; first: {WRONG})" in str(
            failed.value
        )


@pytest.mark.parametrize(
    ("outcomes", "errors", "expected"),
    [
        ({}, (), f"0 of 0 answered correctly (no other{TOO_SLOW})"),
        (
            {Outcome.OK: 3, Outcome.TIMEOUT: 9},
            (),
            f"3 of 12 answered correctly (9 timeout{TOO_SLOW})",
        ),
        ({Outcome.OK: 1345}, (), "1,345 of 1,345 answered correctly (no other)"),
        (
            {Outcome.OK: 2328, Outcome.WRONG_STATUS: 1021},
            ("POST /: got 409", "another"),
            "2,328 of 3,349 answered correctly (1,021 wrong status; first: POST /: got 409)",
        ),
        (
            {Outcome.TIMEOUT: 30, Outcome.CONNECT_FAILED: 2},
            ("timeout: no answer",),
            "0 of 32 answered correctly (30 timeout, 2 connect failed; first: timeout: no answer)",
        ),
    ],
)
def test_what_came_in_place_of_right_answers_is_reported(
    outcomes: dict[Outcome, int], errors: tuple[str, ...], expected: str
) -> None:
    """How many of what, and the first of them in words."""
    warm = [
        slice_of(replace(CELL, profile=name), 1, 0, [1], outcomes=outcomes, errors=errors)
        for name in ("uvicorn", "daphne")
    ]
    assert no_right_answer("mine.py", warm) == (
        "no server responds to workload 'mine.py' well enough to be measured: uvicorn: "
        f"{expected}; daphne: {expected}"
    )


def test_a_limit_of_the_app_is_told_by_its_name() -> None:
    """Nothing can be measured beyond it."""
    seen = slice_of(CELL, 1, 0, [1], outcomes={Outcome.OK: 10, Outcome.WRONG_STATUS: 30})
    said = no_right_answer("mine.py", [replace(seen, statuses={429: 30})])
    assert "10 of 40 answered correctly (30 with status 429" in said
    assert said.endswith("lift the app's rate limit to measure it")


async def test_pilots_end_when_the_budget_went_into_seeing_that_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each may take a minute, where requests are waited for."""
    found = stage(**{name: Made(service_s=1000.0) for name in NAMES})
    wanted = replace(TWO, timing=Timing(stage_s=10.0, budget_s=10.0))
    with pytest.raises(HarnessError, match=r"not tried, for --budget is spent: . and .$"):
        await perform(found, wanted, monkeypatch)
    assert len({load.name for load in found.loads}) == 1


def test_where_no_server_lives_that_is_reported() -> None:
    """There is nothing to say of any."""
    assert no_right_answer("mine.py", []).endswith("to be measured: no server is running")


def test_exposures_come_first_and_keep_their_share() -> None:
    """Whichever has had less than its share is next."""
    shares = Shares()
    roles = []
    for _ in range(12):
        role = shares.next_role(pieces=True)
        assert role is not None
        roles.append(role)
        shares.add(role, 10.0 if role is Role.EXPOSURE else 2.0)
    assert roles[:2] == [Role.EXPOSURE, Role.COMPARISON]
    exposed_s, compared_s = (shares.spent_s[role] for role in (Role.EXPOSURE, Role.COMPARISON))
    assert exposed_s / (exposed_s + compared_s) == pytest.approx(schedule.EXPOSED_SHARE, abs=0.15)
    assert shares.rotations == 12
    assert shares.longest_s == {Role.EXPOSURE: 10.0, Role.COMPARISON: 2.0}


@pytest.mark.parametrize(
    ("compared_s", "left_s", "expected"),
    [
        (0.0, 1.0, Role.COMPARISON),
        (0.0, 0.0, None),
        (5.0, 20.0, Role.COMPARISON),
        (5.0, 4.0, None),
        (20.0, 20.1, Role.EXPOSURE),
        (20.0, 20.0, None),
    ],
    ids=["not known yet", "over", "fits", "does not fit", "due", "no time for either"],
)
def test_a_rotation_is_one_that_fits(
    compared_s: float, left_s: float, expected: Role | None
) -> None:
    """By the longest of its kind."""
    shares = Shares()
    shares.add(Role.EXPOSURE, 20.0)
    if compared_s:
        shares.add(Role.COMPARISON, compared_s)
    assert shares.next_role(pieces=True, left_s=left_s) is expected


def test_where_exposures_do_not_fit_any_more_pieces_may() -> None:
    """No time is left idle that they could have."""
    shares = Shares()
    shares.add(Role.EXPOSURE, 20.0)
    for _ in range(6):
        shares.add(Role.COMPARISON, 3.0)
    assert shares.next_role(pieces=True) is Role.EXPOSURE
    assert shares.next_role(pieces=True, left_s=10.0) is Role.COMPARISON
    assert shares.next_role(pieces=False, left_s=10.0) is None
    assert shares.next_role(pieces=True, left_s=2.0) is None


def test_without_pieces_there_are_exposures_alone() -> None:
    """However long they took."""
    shares = Shares()
    for _ in range(3):
        assert shares.next_role(pieces=False) is Role.EXPOSURE
        shares.add(Role.EXPOSURE, 5.0)


@pytest.mark.parametrize("alone", [False, True], ids=["side by side", "alone"])
@pytest.mark.parametrize(
    ("made", "budget_s"),
    [(Made(service_s=1.5), 45.0), (Made(service_s=0.5), 45.0), (Made(launch_s=25.0), 100.0)],
    ids=["slow", "half a second", "starting"],
)
async def test_a_budget_that_holds_no_more_than_some_rounds_is_told_beforehand(
    monkeypatch: pytest.MonkeyPatch, made: Made, budget_s: float, *, alone: bool
) -> None:
    """How long the run takes, and a budget that holds them all; with that, nothing is said.

    On the stage no answer is late, so that a round takes a little less than it is expected to.
    """

    async def run(seconds: float) -> Stage:
        found = stage(**{name: replace(made) for name in NAMES})
        timing = Timing(stage_s=seconds, budget_s=seconds)
        exposure_s = schedule.exposure_s(timing, 3, len(NAMES), 1, alone=alone)
        timing = replace(timing, exposure_s=exposure_s)
        await perform(found, replace(TWO, rounds=3, timing=timing, alone=alone), monkeypatch)
        return found

    found = await run(budget_s)
    [told] = found.notes
    said = re.fullmatch(
        r"(?:the budget of \d+ s has time for about (\d) of 3 rounds"
        r"|a single round, 1 of 3, will take about (\d+) s, where the budget is \d+ s)"
        r"; --budget (\d+)s has time for all",
        told,
    )
    assert said is not None
    rounds, takes_s, enough_s = (int(each or 0) for each in said.groups())
    assert found.enough_s == enough_s
    done = len({one.round for one in found.counted})
    assert (rounds or 1) <= done <= (rounds or 1) + 1
    assert not takes_s or takes_s == pytest.approx(found.now_ns / NS, rel=0.3)
    assert re.search(rf"budget (of|is) {budget_s:g} s\b", told)

    found = await run(enough_s)
    assert found.notes == []
    assert found.enough_s is None
    assert {one.round for one in found.counted} == {1, 2, 3}
    assert found.now_ns / NS <= OVERDRAFT * enough_s
