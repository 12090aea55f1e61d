"""A slice in pieces: orders cut up, and what the pieces have seen put together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.facts.slice import Outcome, Stalls
from bench.facts.streams import EventFault, EventStreams
from bench.load.pieces import in_parallel, in_sequence, piece, turns
from bench.stats.histogram import Histogram
from tests.load.shards import ORDER, seen


@pytest.mark.parametrize("pieces", [1, 2, 8])
def test_pieces_are_as_long_as_the_whole(pieces: int) -> None:
    """Window and lead-in; each draws arrivals of its own."""
    cut = [piece(ORDER, number, pieces) for number in range(pieces)]
    assert sum(each.window_s for each in cut) == pytest.approx(ORDER.window_s)
    assert all(0.5 <= each.lead_in_s * pieces / ORDER.lead_in_s <= 1.5 for each in cut)
    assert len({each.lead_in_s for each in cut}) == pieces
    assert len({each.seed for each in cut}) == pieces
    assert cut[0].seed == ORDER.seed


def test_slices_of_as_many_pieces_have_one_each_before_any_has_its_next() -> None:
    """In an order drawn again each time, and again the same from the same seed."""
    found = turns([4, 4, 4], seed=1)
    assert found == turns([4, 4, 4], seed=1)
    assert [number for _, number in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    orders = [tuple(index for index, _ in found[at : at + 3]) for at in (0, 3, 6, 9)]
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len(set(orders)) > 1


def test_pieces_of_coarser_slices_are_spread_among_those_of_finer() -> None:
    """A single one stands in the middle."""
    found = [index for index, _ in turns([8, 2, 1], seed=1)]
    assert [found.count(index) for index in (0, 1, 2)] == [8, 2, 1]
    assert 4 <= found.index(2) <= 6
    assert [found[:5].count(1), found[6:].count(1)] == [1, 1]


def test_counts_times_and_histograms_add_up() -> None:
    """As if the pieces had been one window."""
    found = in_sequence([seen(1_000, 2_000), seen(3_000)])
    assert found.window_ns == 1_800_000_000
    assert found.outcomes == {Outcome.OK: 3}
    assert found.answered_in_window == 3
    assert found.throughput_rps == pytest.approx(3 / 1.8)
    assert found.service.total == 3
    assert found.response is not None
    assert found.response.total == 3
    assert (found.cpu_ns, found.cpu_requests, found.generator_cpu_ns) == (200, 3, 20)
    assert found.preemptions == 4
    assert found.errors == ("a", "b", "c", "a", "b")


def test_wrong_statuses_add_up_and_one_of_each_kind_is_reported() -> None:
    """The first."""
    one = replace(seen(1), statuses={429: 2}, examples={"429": "a"})
    other = replace(seen(1), statuses={429: 1, 404: 3}, examples={"429": "b", "404": "c"})
    for found in (in_sequence([one, other]), in_parallel([one, other])):
        assert found.statuses == {404: 3, 429: 3}
        assert found.examples == {"429": "a", "404": "c"}


def test_means_are_over_the_windows() -> None:
    """A piece of twice the length counts twice."""
    short = replace(seen(1), in_flight_mean=1.0, generator_cpu_share=0.1, starved_share=0.0)
    long = replace(
        seen(1),
        window_ns=2 * short.window_ns,
        in_flight_mean=4.0,
        generator_cpu_share=0.4,
        starved_share=0.3,
    )
    found = in_sequence([short, long])
    assert found.in_flight_mean == pytest.approx(3.0)
    assert found.generator_cpu_share == pytest.approx(0.3)
    assert found.starved_share == pytest.approx(0.2)


def test_connections_are_counted_from_the_beginning_of_the_slice() -> None:
    """The pool counts on from piece to piece, so that the last has them all."""
    first, last = seen(1), replace(seen(1), connections_opened=3, connections_lost=2)
    found = in_sequence([first, last])
    assert (found.connections_opened, found.connections_lost) == (3, 2)


@pytest.mark.parametrize(
    "name", ["cpu_ns", "response", "client_delay", "raw", "corrected", "starved_share"]
)
def test_what_one_piece_does_not_know_the_slice_does_not(name: str) -> None:
    """A part of a sum is no sum."""
    nothing: dict[str, Any] = {name: None}
    unknowing = replace(seen(1), **nothing)
    assert getattr(in_sequence([seen(1), unknowing]), name) is None


def test_what_each_piece_has_shown_is_kept() -> None:
    """Answers, times and CPU, in their order; of a slice that was not cut there is nothing."""
    found = in_sequence([seen(1_000, 2_000), seen(3_000)]).pieces
    assert found is not None
    assert found.answered_in_window == (2, 1)
    assert found.window_ns == 900_000_000
    assert found.cpu_ns == (100, 100)
    assert found.cpu_requests == (2, 1)
    assert found.p50_ns == pytest.approx((1_000, 3_000), rel=1e-3)
    assert found.mean_ns == pytest.approx((1_500, 3_000), rel=1e-3)
    assert in_sequence([seen(1_000)]).pieces is None


def test_stalls_and_waiting_requests_add_up() -> None:
    """The longest stall is that of one piece; whoever works on after one has not come to rest."""
    one = replace(seen(1), stalls=Stalls(1, 50, 70), waiting_at_start=3, waiting_at_end=4)
    other = replace(one, stalls=Stalls(2, 30, 20), settling_ns=900, settled=False)
    found = in_sequence([one, other])
    assert found.stalls == Stalls(3, 80, 70)
    assert (found.waiting_at_start, found.waiting_at_end) == (6, 8)
    assert (found.settling_ns, found.settled, found.processes_changed) == (900, False, 2)
    assert in_sequence([one, replace(one, settling_ns=None)]).settling_ns is None


def test_streams_add_up_and_are_held_by_all_generators_together() -> None:
    """In pieces one after the other, the mean of those held is over the windows."""
    one = event_streams(held_mean=2.0)
    other = event_streams(held_mean=5.0, faults={EventFault.WRONG: 1, EventFault.MISSING: 2})
    pieces = replace(seen(1), streams=one), replace(seen(1), streams=other)
    found, at_once = in_sequence(pieces).streams, in_parallel(pieces).streams
    assert found is not None
    assert at_once is not None
    assert (found.streams, found.events, found.gap.total) == (2, 6, 4)
    assert found.faults == {EventFault.MISSING: 2, EventFault.WRONG: 1}
    assert (found.held_mean, at_once.held_mean) == (3.5, 7.0)
    assert found.plain is None


def test_a_piece_without_streams_held_none() -> None:
    """And a slice of such pieces has none."""
    pieces = replace(seen(1), streams=event_streams(held_mean=2.0)), seen(1)
    found = in_sequence(pieces).streams
    assert found is not None
    assert (found.streams, found.held_mean) == (1, 1.0)
    assert in_sequence([seen(1), seen(1)]).streams is None


def event_streams(**known: Any) -> EventStreams:
    """One stream of three events."""
    nothing = {
        "streams": 1,
        "events": 3,
        "first_byte": durations(1),
        "gap": durations(2, 2),
        "duration": durations(5),
        "plain": None,
        "events_in_window": 3,
        "held_mean": 1.0,
    }
    return EventStreams(**{**nothing, **known})


def durations(*times: int) -> Histogram:
    """So many ns each."""
    return Histogram.of(np.array(times, dtype=np.int64))
