"""What a run will do: pure functions of its settings and seed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.facts.load import Arrivals, Client, Mode
from bench.facts.settings import RunSettings, Timing
from bench.facts.slice import Observation, Whole
from bench.plan.offered_rate import offered_rate
from bench.plan.schedule import (
    EXPOSURE_SHARES,
    SHORTEST_WARM_UP_S,
    RequestTimes,
    blocks,
    cells,
    closed_load,
    cut,
    exposure_s,
    exposure_share,
    open_load,
    replayed_s,
    shortest_round_s,
    slice_seed,
    warm_up_s,
)
from bench.stats.histogram import Histogram
from tests.build.slices import observation

SETTINGS = RunSettings(
    profiles=("a", "b", "c"),
    workloads=("get_item", "mixed"),
    rate=None,
    connections=16,
    rounds=3,
    seed=1,
    arrivals=Arrivals.POISSON,
    client=Client.WIRE,
    workers=1,
    generator_cores=1,
    timing=Timing(),
)


@pytest.mark.parametrize(
    ("throughputs", "expected"),
    [([8000.0], 4000), ([8000, 3000.0], 1500), ([1234], 620), ([3.3], 1.6), ([40_444], 20_000)],
)
def test_the_common_rate_is_half_of_the_slowest(throughputs: list[float], expected: float) -> None:
    """In two digits, because the pilot knows no more."""
    assert offered_rate(throughputs) == expected


def test_a_server_that_answered_nothing_has_no_rate() -> None:
    """The caller leaves it out, or says so."""
    with pytest.raises(ValueError, match="answered nothing"):
        offered_rate([5000.0, 0.0])


def test_a_rotation_has_every_cell_once() -> None:
    """Each profile and workload at the common rate and at saturation."""
    found = cells(SETTINGS, ["a", "b"], {"get_item": 100.0, "mixed": 50.0})
    seen = {(c.profile, c.workload, c.load.mode, c.load.offered_rate) for c in found}
    assert len(found) == len(seen) == 8
    assert ("b", "mixed", Mode.OPEN, 50.0) in seen
    assert ("a", "get_item", Mode.CLOSED, None) in seen


def test_loads_are_as_asked() -> None:
    """Connections, arrivals and rate."""
    load = open_load(SETTINGS, "get_item", 100.0)
    assert (load.mode, load.connections, load.offered_rate) == (Mode.OPEN, 16, 100.0)
    assert load.arrivals is Arrivals.POISSON
    load = closed_load(SETTINGS, "get_item")
    assert (load.mode, load.connections, load.offered_rate) == (Mode.CLOSED, 16, None)


def test_an_order_can_be_drawn_again() -> None:
    """The same seed, round and rotation: the same order; complete, and another elsewhere."""
    found = cells(SETTINGS, SETTINGS.profiles, {"get_item": 100.0, "mixed": 50.0})
    drawn = [blocks(found, *where) for where in [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)]]
    assert blocks(found, 1, 1, 1) == drawn[0]
    orders = [[cell for block in each for _, cell in block] for each in drawn]
    assert all(len(order) == 12 and set(order) == set(found) for order in orders)
    assert len({tuple(order) for order in orders}) == 4


def test_cells_that_are_compared_are_a_block() -> None:
    """One workload at one load, all profiles; positions count through."""
    found = cells(SETTINGS, SETTINGS.profiles, {"get_item": 100.0, "mixed": 50.0})
    drawn = blocks(found, 1, 1, 1)
    assert len(drawn) == 4
    for block in drawn:
        assert len({(cell.workload, cell.load) for _, cell in block}) == 1
        assert {cell.profile for _, cell in block} == set(SETTINGS.profiles)
    assert [place for block in drawn for place, _ in block] == list(range(12))


def working(service_s: float, long_s: float | None = None) -> RequestTimes:
    """A server whose time is all CPU: its requests take so long, and the longest so long."""
    return RequestTimes(service_s, long_s or service_s, awaited_s=0.0)


def waiting(service_s: float, long_s: float | None = None) -> RequestTimes:
    """A server that awaits something for all of the time."""
    return RequestTimes(service_s, long_s or service_s, awaited_s=service_s)


@pytest.mark.parametrize(
    ("rate", "service_s", "window_s", "open_pieces", "closed_pieces"),
    [
        (5000.0, 0.0005, 0.2, 16, 16),  # no shorter than 12.5 ms
        (5000.0, 0.02, 0.2, 10, 6),  # one service time goes into a piece, or one and a half
        (250.0, 0.0005, 0.4, 10, 16),  # 100 requests are due in it, and ten in a piece
        (5000.0, 0.1, 0.3, 3, 2),  # as long as three service times at the least
        (0.5, 0.0005, 2.0, 1, 16),  # no longer than that
        (5000.0, 4.0, 2.0, 1, 1),
    ],
)
def test_slices_are_cut_finely_but_hold_enough(
    rate: float, service_s: float, window_s: float, open_pieces: int, closed_pieces: int
) -> None:
    """Of requests, and of the server's service times."""
    found = cut(SETTINGS.timing, rate, ["a"], {"a": working(service_s)})
    assert found.window_s == window_s
    assert found.pieces == {Mode.OPEN: {"a": open_pieces}, Mode.CLOSED: {"a": closed_pieces}}
    assert found.whole is (None if max(open_pieces, closed_pieces) > 1 else Whole.LONG)


def test_servers_that_could_be_taken_for_each_other_are_cut_alike() -> None:
    """By the slowest of those of which each is near the next; others on their own."""
    services_s = {"a": 0.010, "b": 0.014, "c": 0.020, "d": 0.001, "e": 0.04}
    paces = {name: working(service_s) for name, service_s in services_s.items()}
    found = cut(SETTINGS.timing, 5000.0, list(services_s), paces)
    assert found.pieces[Mode.CLOSED] == {"a": 6, "b": 6, "c": 6, "d": 16, "e": 3}


def test_a_server_of_which_nothing_is_known_is_taken_for_a_slow_one() -> None:
    """Like the slowest that is known; where none is, its slices are not cut."""
    known = {"a": working(0.001), "b": working(0.02)}
    found = cut(SETTINGS.timing, 5000.0, ["a", "b", "c"], known)
    assert found.pieces[Mode.CLOSED] == {"a": 16, "b": 6, "c": 6}
    found = cut(SETTINGS.timing, 5000.0, ["a"], {})
    assert found.pieces == {Mode.OPEN: {"a": 1}, Mode.CLOSED: {"a": 1}}
    assert found.whole is Whole.UNKNOWN
    assert (found.window_s, found.exposure_s) == (0.2, SETTINGS.timing.exposure_s)


@pytest.mark.parametrize(
    ("paces", "pieces"),
    [
        ({"a": waiting(0.02)}, [1]),
        ({"a": waiting(0.02), "b": waiting(0.02), "c": working(0.02)}, [1, 1, 1]),
        ({"a": waiting(0.02), "b": working(0.02)}, [6, 6]),
        ({"a": RequestTimes(0.02, 0.02, awaited_s=None)}, [1]),
        ({"a": RequestTimes(0.02, 0.02, awaited_s=0.011)}, [1]),
        ({"a": RequestTimes(0.02, 0.02, awaited_s=0.010)}, [6]),
    ],
    ids=["waits", "most wait", "half of them", "not known", "waits mostly", "works as much"],
)
def test_slices_of_an_app_that_awaits_are_not_cut(
    paces: dict[str, RequestTimes], pieces: list[int]
) -> None:
    """Under most servers: what the machine is doing moves such times little."""
    found = cut(SETTINGS.timing, 5000.0, list(paces), paces)
    assert found.pieces[Mode.CLOSED] == dict(zip(paces, pieces, strict=True))
    for mode in Mode:
        assert found.in_pieces(mode) is (max(pieces) > 1)
    assert found.whole is (None if max(pieces) > 1 else Whole.AWAITING)


@pytest.mark.parametrize(
    ("service_s", "long_s", "pieces"),
    [(0.003, 0.003, 16), (0.003, 0.1, 16), (0.003, 0.3, 2), (0.06, 0.2, 2), (0.003, 1.5, 1)],
    ids=["no tail", "a short tail", "a long tail", "no tail for so slow a server", "a longer one"],
)
def test_a_long_tail_lengthens_the_pieces(service_s: float, long_s: float, pieces: int) -> None:
    """Each would have to be waited out for one of its requests."""
    found = cut(SETTINGS.timing, 5000.0, ["a"], {"a": working(service_s, long_s)})
    assert found.pieces[Mode.CLOSED] == {"a": pieces}


@pytest.mark.parametrize(
    ("longest_s", "lead_in_s", "exposure_s", "drain_s"),
    [
        (0.003, 0.25, 1.5, 5.0),
        (0.2, 0.3, 1.5, 5.0),
        (1.0, 1.5, 2.0, 5.0),
        (1.5, 2.2, 3.0, 5.0),
        (4.0, 6.0, 8.0, 12.0),
        (20.0, 15.0, 40.0, 30.0),
    ],
)
def test_exposures_follow_the_longest_request(
    longest_s: float, lead_in_s: float, exposure_s: float, drain_s: float
) -> None:
    """Lead-in, window and patience, of the server whose requests take longest."""
    paces = {"a": working(0.003), "b": working(0.003, longest_s)}
    found = cut(SETTINGS.timing, 5000.0, ["a", "b"], paces)
    assert (found.lead_in_s, found.exposure_s) == (lead_in_s, exposure_s)
    assert found.drain_s == drain_s


def test_a_stall_is_over_before_an_exposure_begins() -> None:
    """The beginning of the load may set one off that was due while the server was idle."""
    stalling = replace(working(0.003), stalled_s=0.4)
    found = cut(SETTINGS.timing, 5000.0, ["a", "b"], {"a": working(0.003), "b": stalling})
    assert found.lead_in_s == pytest.approx(1.2)


def closed(throughput: int, service_ms: Sequence[int], **known: object) -> Observation:
    """A second of a closed loop whose requests took these times."""
    times = np.array(service_ms, dtype=np.int64) * 1_000_000
    return observation(answered_in_window=throughput, service=Histogram.of(times), **known)


def test_a_request_at_saturation_takes_what_littles_law_says() -> None:
    """32 connections and 1,000 answers a second: 32 ms."""
    pace = RequestTimes.of(closed(1000, [32]), 32)
    assert pace.service_s == pytest.approx(0.032)
    assert pace.long_s == pytest.approx(0.032, rel=0.01)


def test_the_longest_request_is_one_in_two_hundred() -> None:
    """Fewer are a stall of the machine's; a lone average is no less than itself."""
    assert RequestTimes.of(closed(1000, [10] * 994 + [1500] * 6), 32).long_s == pytest.approx(
        1.5, rel=0.01
    )
    assert RequestTimes.of(closed(1000, [10] * 996 + [1500] * 4), 32).long_s == pytest.approx(0.032)


@pytest.mark.parametrize(
    ("cpu_ns", "cpu_requests", "awaited_s", "awaits"),
    [
        (None, 1000, None, True),
        (1_000_000_000, 1000, 0.0, False),
        (2_000_000_000, 1000, 0.0, False),
        (400_000_000, 1000, 0.0192, True),
        (600_000_000, 1000, 0.0128, False),
        (1_000_000, 0, 0.0, False),
    ],
)
def test_what_is_nobodys_cpu_time_was_awaited(
    cpu_ns: int | None, cpu_requests: int, awaited_s: float | None, *, awaits: bool
) -> None:
    """32 connections take turns on one core: each request waits for the CPU time of all."""
    pace = RequestTimes.of(closed(1000, [32], cpu_ns=cpu_ns, cpu_requests=cpu_requests), 32)
    assert pace.awaited_s == (None if awaited_s is None else pytest.approx(awaited_s))
    assert pace.awaits is awaits


@pytest.mark.parametrize(
    ("servers", "rounds", "workloads", "expected_s"),
    [
        (7, 5, 1, 1.9),
        (1, 5, 1, 3.0),
        (2, 5, 1, 3.0),
        (14, 5, 1, 0.58),
        (7, 5, 2, 0.76),
        (30, 5, 1, 0.4),
    ],
)
def test_exposures_share_a_round_with_pieces(
    servers: int, rounds: int, workloads: int, expected_s: float
) -> None:
    """Long where there is time, and never as short as what they are to show."""
    assert exposure_s(Timing(), rounds, servers, workloads) == expected_s


@pytest.mark.parametrize(
    ("servers", "stage_s", "alone", "expected_s"),
    [(2, 300.0, False, 14.0), (7, 300.0, False, 1.9), (1, 3600.0, False, 60.0),
     (14, 300.0, False, 0.58), (2, 300.0, True, 20.0)],
)  # fmt: skip
def test_a_replay_has_what_is_left_of_a_rounds_exposures(
    servers: int,
    stage_s: float,
    alone: bool,  # noqa: FBT001 - of a table
    expected_s: float,
) -> None:
    """A log's bursts take seconds to come, so it is as long as it can be, up to a minute."""
    timing = Timing(stage_s=stage_s)
    timing = replace(timing, exposure_s=exposure_s(timing, 5, servers, 1, alone=alone))
    assert replayed_s(timing, 5, servers, 1, alone=alone) == expected_s


def test_a_replay_is_not_cut() -> None:
    """Slices at saturation are as without it."""
    pace = {"a": RequestTimes(0.001, 0.002, 0.0)}
    found, usual = (cut(Timing(), 1000.0, ["a"], pace, of_log) for of_log in (7.0, None))
    assert found.pieces[Mode.OPEN] == {"a": 1}
    assert found.pieces[Mode.CLOSED] == usual.pieces[Mode.CLOSED]
    assert not found.in_pieces(Mode.OPEN)
    assert found.whole is None
    assert (found.exposures_s, usual.exposures_s) == (8.5, 3.0)


def test_the_shortest_round_exposes_every_server_to_each_load() -> None:
    """More servers and workloads take longer; an exposure is led in for a quarter of a second."""
    assert shortest_round_s(1, 1, Timing()) == pytest.approx(0.3 + 0.3 + 2 * 0.65)
    assert shortest_round_s(7, 2, Timing()) == pytest.approx(7 * (0.3 + 2 * (0.3 + 2 * 0.65)))


def test_arrivals_are_the_same_for_all_in_a_rotation_and_new_in_the_next() -> None:
    """The seed knows nothing of profiles."""
    where = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)]
    seeds = [slice_seed(*each) for each in where]
    assert seeds == [slice_seed(*each) for each in where]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_exposures_and_warm_ups_are_drawn_alike_for_all_servers() -> None:
    """From the seed, so that a run is taken up as it began; another each time."""
    places = [(round_, rotation) for round_ in range(1, 6) for rotation in range(1, 4)]
    shares = [exposure_share(7, *place) for place in places]
    assert shares == [exposure_share(7, *place) for place in places]
    assert len(set(shares)) == len(shares)
    assert min(shares) >= EXPOSURE_SHARES[0]
    assert max(shares) <= EXPOSURE_SHARES[1]
    warm_ups = [warm_up_s(Timing(exposure_s=3.0), 7, round_) for round_ in range(1, 40)]
    assert len(set(warm_ups)) == len(warm_ups)
    assert SHORTEST_WARM_UP_S <= min(warm_ups) < 0.4
    assert 1.1 < max(warm_ups) <= 1.5
