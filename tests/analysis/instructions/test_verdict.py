"""Whether a head that was counted has failed: decided by where its interval lies."""

from dataclasses import replace

import pytest

from bench.analysis.instructions.verdict import (
    InstructionDecision,
    NotItself,
    Uncounted,
    decide_counted,
)
from bench.analysis.sides import RegressionVerdict
from bench.facts.instructions import Counter, CountFailure
from bench.facts.run import Facts
from bench.facts.server import Gate, GateTest
from tests.build.counted import NEAR, count_of, counted, starts_of
from tests.build.variants import with_settings

BASE = starts_of("base", 500_000)


def decided(facts: Facts, tolerance: float = 0.01) -> InstructionDecision:
    """The verdict, at 1 % unless said."""
    return decide_counted(facts, tolerance)


@pytest.mark.parametrize(
    ("more", "expected", "shown"),
    [
        (0.0, RegressionVerdict.PASSED, False),
        (0.005, RegressionVerdict.PASSED, True),
        (0.01, RegressionVerdict.UNDECIDED, True),
        (0.015, RegressionVerdict.FAILED, True),
        (-0.2, RegressionVerdict.PASSED, True),
    ],
)
def test_the_interval_decides(more: float, expected: RegressionVerdict, *, shown: bool) -> None:
    """All of it above the tolerance fails; where the tolerance lies in it, nobody can tell."""
    found = decided(counted(*BASE, *starts_of("head", 500_000 * (1 + more))))
    [change] = found.changes
    assert found.verdict is change.verdict is expected
    assert change.shown is shown
    assert change.ratio.value == pytest.approx(1 + more)
    assert 0.0003 < change.smallest < 0.001


def test_half_a_per_cent_fails_where_less_is_tolerated() -> None:
    """What can be shown is far below the default tolerance."""
    facts = counted(*BASE, *starts_of("head", 502_500))
    assert decided(facts, 0.001).verdict is RegressionVerdict.FAILED


def test_one_workload_that_fails_fails_all() -> None:
    """And one that is undecided keeps the others from passing."""
    rest = [*BASE, *starts_of("head", 500_000)]
    for head, expected in ((510_000, "failed"), (505_000, "undecided"), (500_000, "passed")):
        base = starts_of("base", 500_000, workload="add")
        more = (*base, *starts_of("head", head, workload="add"))
        assert decided(counted(*rest, *more)).verdict == expected


def test_intervals_of_many_workloads_are_wider() -> None:
    """They hold together."""
    alone = decided(counted(*BASE, *starts_of("head", 500_000)))
    names = [f"workload-{number}" for number in range(20)]
    many = [
        one
        for name in names
        for side in ("base", "head")
        for one in starts_of(side, 500_000, workload=name)
    ]
    assert decided(counted(*many)).changes[0].smallest > 1.5 * alone.changes[0].smallest


def test_one_start_of_a_side_shows_nothing() -> None:
    """There is no interval then."""
    found = decided(counted(count_of("base", 1, 500_000), count_of("head", 1, 600_000)))
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert not found.changes[0].shown


def test_a_base_that_differs_from_itself_tells_nothing() -> None:
    """Its starts with odd numbers and those with even ones are two kinds."""
    two_kinds = [share * (1.0 if number % 2 else 1.1) for number, share in enumerate(NEAR)]
    facts = counted(*starts_of("base", 500_000, two_kinds), *starts_of("head", 900_000))
    found = decided(facts)
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert found.reasons == (NotItself("get_item"),)


def test_timers_that_are_not_told_make_no_difference() -> None:
    """Head was counted while the machine was busy: its timers fired twice as often."""
    a_second = 7_000.0  # of what goes by the clock, for each request, a second that a block takes
    counts = [
        replace(one, blocks=tuple(replace(b, window_ns=round(took_s * 1e9)) for b in one.blocks))
        for side, longer in (("base", 1.0), ("head", 2.0))
        for start in range(1, 7)
        for took_s in [longer * (1 + start / 4)]
        for share in [NEAR[start - 1]]
        for made in [count_of(side, start, 1_450_000 * share + a_second * took_s, idle=None)]
        for one in [replace(made, idle_rate=100 * a_second)]  # of blocks of 100 requests
    ]
    [change] = decided(counted(*counts)).changes
    assert change.head.value > 1.004 * change.base.value
    assert not change.shown
    assert change.ratio.value == pytest.approx(1, abs=0.001)


def test_a_workload_that_fails_is_not_hidden_by_a_noisy_one() -> None:
    """What differs from itself is undecided; what is 30 % worse under another has failed."""
    two_kinds = [1.1 if number % 2 else 1.0 for number in range(6)]
    facts = counted(
        *starts_of("base", 500_000, two_kinds),
        *starts_of("head", 500_000),
        *starts_of("base", 9_000, workload="add"),
        *starts_of("head", 11_700, workload="add"),
    )
    found = decided(facts)
    assert found.verdict is RegressionVerdict.FAILED
    assert [one.verdict for one in found.changes] == ["undecided", "failed"]
    assert found.reasons == (NotItself("get_item"),)


def test_timers_are_taken_off_everywhere_or_nowhere() -> None:
    """In one start it could not be told what they did: it is no start with more work."""
    told = [count_of(side, n, 500_000, idle=5_000_000) for side in ("base", "head") for n in (1, 2)]
    [change] = decided(counted(*told)).changes
    assert change.base.value == pytest.approx(500_000)
    untold = [
        replace(told[0], blocks=tuple(replace(b, idle=None) for b in told[0].blocks)),
        *told[1:],
    ]
    [change] = decided(counted(*untold)).changes
    assert change.base.value == pytest.approx(550_000)
    assert change.ratio.value == pytest.approx(1)


@pytest.mark.parametrize(
    ("side", "expected"),
    [("head", RegressionVerdict.FAILED), ("base", RegressionVerdict.UNDECIDED)],
)
def test_a_side_that_cannot_be_counted(side: str, expected: RegressionVerdict) -> None:
    """A head that dies has failed; without a base there is nothing to compare with."""
    failure = CountFailure(side, "get_item", 1, "it has died")
    found = decided(counted(*BASE, *starts_of("head", 500_000), failures=[failure]))
    assert found.verdict is expected
    assert found.reasons == (Uncounted(side, gate=False, reason="it has died", fault=True),)


def test_a_counter_that_cannot_tell_fails_nobody() -> None:
    """As where another program uses the CPU's counters: that says nothing of head."""
    failure = CountFailure("head", "get_item", 3, "the counters are shared", tool=True)
    found = decided(counted(*BASE, *starts_of("head", 500_000), failures=[failure]))
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert found.reasons == (Uncounted("head", gate=False, reason="the counters are shared"),)


def test_a_workload_that_one_side_was_not_counted_under() -> None:
    """A run that was cut off may have base's figures of it and not head's: that is no pass."""
    facts = with_settings(
        counted(*BASE, *starts_of("head", 500_000), *starts_of("base", 9_000, workload="add")),
        workloads=("get_item", "add"),
    )
    found = decided(facts)
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert found.reasons == (Uncounted("head", gate=False, reason=None, workload="add"),)


def test_two_counters_are_not_compared() -> None:
    """The CPU counts some per cent other than valgrind: a run may have gone on elsewhere."""
    head = [replace(one, counter=Counter.HARDWARE) for one in starts_of("head", 500_000)]
    found = decided(counted(*BASE, *head))
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert len(found.reasons) == 1


def test_what_goes_by_the_clock_is_known_of_either_side() -> None:
    """As a share of all that it executed; unknown where one start does not tell."""
    sides = [
        count_of(side, n, 500_000, idle=idle)
        for side, idle in (("base", 0), ("head", 12_500_000))
        for n in (1, 2)
    ]
    [change] = decided(counted(*sides)).changes
    assert change.idle is not None
    assert list(change.idle) == pytest.approx([0.0, 0.2])
    [change] = decided(counted(*sides[1:], count_of("base", 1, 500_000, idle=None))).changes
    assert change.idle is None


def test_a_head_that_fails_its_gate_has_failed() -> None:
    """Nothing was counted then, of base either."""
    gates = (
        Gate("base", (GateTest("a", passed=True),)),
        Gate("head", (GateTest("a", passed=False),)),
    )
    found = decided(replace(counted(), gates=gates))
    assert found.verdict is RegressionVerdict.FAILED
    assert found.reasons == (Uncounted("head", gate=True, reason=None, fault=True),)


def test_a_run_that_was_cut_off_is_undecided() -> None:
    """Head was not reached: that is no fault of its."""
    assert decided(counted(*BASE)).verdict is RegressionVerdict.UNDECIDED
    assert decided(counted()).verdict is RegressionVerdict.UNDECIDED
