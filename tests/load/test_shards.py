"""An order in parts, and what the parts have seen put together."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.facts.load import Arrivals, Load, Mode
from bench.facts.slice import Outcome, Stalls
from bench.load.due import due_ns
from bench.load.order import Shard
from bench.load.pieces import in_parallel, sharded
from bench.load.reckoning.samples import MOST_IN_A_SLICE
from bench.stats.histogram import Histogram
from tests.load.shards import ORDER, seen


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_the_union_of_the_shards_is_the_plan(shards: int) -> None:
    """Every intended time once."""
    parts = sharded(ORDER, shards)
    together = np.sort(np.concatenate([due_ns(part) for part in parts]))
    assert together.tolist() == due_ns(ORDER).tolist()


@given(st.integers(1, 1000), st.integers(1, 64))
def test_the_shards_have_all_connections(total: int, shards: int) -> None:
    """And none has more than one more than another."""
    shares = [Shard(index, shards).connections(total) for index in range(shards)]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


def test_one_part_is_left_as_it_is() -> None:
    """A single generator is its only shard."""
    assert sharded(ORDER, 1) == [ORDER]
    alone = seen(1, 2)
    assert in_parallel([alone]) is alone


def test_counts_and_histograms_add_up() -> None:
    """As if one generator had seen it all."""
    both, alone = in_parallel([seen(1000, 2000), seen(5000)]), seen(1000, 2000, 5000)
    histograms = [each.name for each in fields(alone) if each.type == (Histogram | None)]
    assert len(histograms) == 6
    for name in [*histograms, "service"]:
        assert (getattr(both, name).counts == getattr(alone, name).counts).all(), name
    assert both.outcomes == {Outcome.OK: 3}
    assert (both.answered_in_window, both.cpu_requests, both.in_flight_mean) == (3, 3, 3.0)
    assert (both.connections_lost, both.preemptions, both.generator_cpu_ns) == (2, 4, 20)


def test_the_worst_share_is_kept_and_the_longest_reading() -> None:
    """A load is late when one of its generators is."""
    hindered = replace(seen(1), generator_cpu_share=0.9, starved_share=0.5, cpu_ns=120)
    both = in_parallel([seen(1), hindered])
    assert (both.generator_cpu_share, both.starved_share, both.cpu_ns) == (0.9, 0.5, 120)


def test_a_load_has_begun_when_its_last_generator_has() -> None:
    """Late is the latest of them."""
    assert in_parallel([seen(1), replace(seen(1), late_ns=7)]).late_ns == 7


def test_a_server_stood_still_only_where_nobody_was_answered() -> None:
    """Each generator sees silences of its own: no more than the least of them is the server's."""
    one = replace(seen(1), stalls=Stalls(3, 500, 300))
    other = replace(seen(1), stalls=Stalls(1, 200, 200))
    assert in_parallel([one, other]).stalls == Stalls(1, 200, 200)


def test_waiting_requests_add_up_and_each_looks_at_the_same_tree() -> None:
    """So processes are not counted twice, and whoever saw it at work is right."""
    one = replace(seen(1), waiting_at_start=3, waiting_at_end=4, processes_changed=2)
    other = replace(one, processes_changed=1, settling_ns=900, settled=False)
    both = in_parallel([one, other])
    assert (both.waiting_at_start, both.waiting_at_end) == (6, 8)
    assert (both.settling_ns, both.settled, both.processes_changed) == (900, False, 2)


GOING_ON = replace(ORDER, goes_on=True)


def test_the_plan_of_load_that_goes_on_begins_as_any_other() -> None:
    """What follows is due after the window, for as long as answers are waited for."""
    plan, whole = due_ns(ORDER), due_ns(GOING_ON)
    window_ns = round((ORDER.lead_in_s + ORDER.window_s) * 1e9)
    assert whole[: len(plan)].tolist() == plan.tolist()
    more = whole[len(plan) :]
    assert len(more) == pytest.approx(1000 * ORDER.drain_s, rel=0.2)
    assert (np.diff(whole) >= 0).all()
    assert more.min() >= window_ns
    assert more.max() < window_ns + ORDER.drain_s * 1e9


def test_shards_go_on_with_one_plan_too() -> None:
    """Their union is it."""
    parts = sharded(GOING_ON, 3)
    together = np.sort(np.concatenate([due_ns(part) for part in parts]))
    assert together.tolist() == due_ns(GOING_ON).tolist()


def test_load_goes_on_as_far_as_there_is_room_to_write_it_down() -> None:
    """However long answers are waited for."""
    fast = Load(Mode.OPEN, 32, 200_000.0, Arrivals.POISSON)
    assert len(due_ns(replace(GOING_ON, load=fast, drain_s=30.0))) <= MOST_IN_A_SLICE
    full = Load(Mode.OPEN, 32, 2.0 * MOST_IN_A_SLICE, Arrivals.POISSON)
    longest = replace(GOING_ON, load=full, drain_s=30.0)
    assert len(due_ns(longest)) == len(due_ns(replace(longest, goes_on=False)))


def test_what_one_shard_does_not_know_is_not_known() -> None:
    """A part is not the whole."""
    both = in_parallel([seen(1), replace(seen(1), client_delay=None, cpu_ns=None)])
    assert both.client_delay is None
    assert both.cpu_ns is None
    assert both.corrected is not None


def test_a_few_failures_are_kept_in_words() -> None:
    """No more than one generator keeps."""
    assert in_parallel([seen(1), seen(1)]).errors == ("a", "b", "c", "a", "b")
