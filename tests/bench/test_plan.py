"""What a run will do: pure functions of its settings and seed."""

import pytest

from bench.domain import Arrivals, Client, Cut, Mode
from bench.plan import (
    Settings,
    Timing,
    blocks,
    cells,
    closed_load,
    cut,
    offered_rate,
    open_load,
    service_s,
    slice_seed,
)

SETTINGS = Settings(
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
    load = open_load(SETTINGS, 100.0)
    assert (load.mode, load.connections, load.offered_rate) == (Mode.OPEN, 16, 100.0)
    assert load.arrivals is Arrivals.POISSON
    load = closed_load(SETTINGS)
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
    found = cut(SETTINGS.timing, rate, ["a"], {"a": service_s})
    pieces = {Mode.OPEN: {"a": open_pieces}, Mode.CLOSED: {"a": closed_pieces}}
    assert found == Cut(window_s, pieces)


def test_servers_that_could_be_taken_for_each_other_are_cut_alike() -> None:
    """By the slowest of those of which each is near the next; others on their own."""
    services_s = {"a": 0.010, "b": 0.014, "c": 0.020, "d": 0.001, "e": 0.04}
    found = cut(SETTINGS.timing, 5000.0, list(services_s), services_s)
    assert found.pieces[Mode.CLOSED] == {"a": 6, "b": 6, "c": 6, "d": 16, "e": 3}


def test_a_server_of_which_nothing_is_known_is_taken_for_a_slow_one() -> None:
    """Like the slowest that is known; where none is, its slices are not cut."""
    found = cut(SETTINGS.timing, 5000.0, ["a", "b", "c"], {"a": 0.001, "b": 0.02})
    assert found.pieces[Mode.CLOSED] == {"a": 16, "b": 6, "c": 6}
    found = cut(SETTINGS.timing, 5000.0, ["a"], {})
    assert found == Cut(0.2, {Mode.OPEN: {"a": 1}, Mode.CLOSED: {"a": 1}})


def test_a_request_at_saturation_takes_what_littles_law_says() -> None:
    """32 connections and 1,000 answers a second: 32 ms."""
    assert service_s(32, 1000.0) == pytest.approx(0.032)


def test_arrivals_are_the_same_for_all_in_a_rotation_and_new_in_the_next() -> None:
    """The seed knows nothing of profiles."""
    where = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)]
    seeds = [slice_seed(*each) for each in where]
    assert seeds == [slice_seed(*each) for each in where]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)
