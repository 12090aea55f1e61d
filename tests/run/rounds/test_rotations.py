"""Rotations: who is loaded in each, with what, and for how long."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.facts.load import Arrivals, Mode
from bench.facts.settings import ReplayRecord, Timing
from bench.facts.slice import Role
from bench.plan import schedule
from bench.run.resume_checks import check_planned
from tests.run.rounds.staged import NAMES, NS, TWO, Made, Stage, perform, settings, stage, turns


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
