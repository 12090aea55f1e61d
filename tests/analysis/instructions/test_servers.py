"""Instructions a request: figures over starts, ratios, ranks, and what they went on."""

from dataclasses import replace

import pytest

from bench.analysis.instructions.servers import CountedWorkload, counted_workloads
from bench.facts.instructions import Counter
from bench.facts.run import Facts
from tests.build.counted import count_of
from tests.build.counts import count, with_counts
from tests.build.runs import small


def counted(facts: Facts) -> CountedWorkload:
    """The one workload that was counted."""
    (found,) = counted_workloads(facts)
    return found


def three_starts(*figures: int) -> Facts:
    """Uvicorn and daphne, a figure each in each of three starts that are 0.02 % apart."""
    return replace(
        small(),
        counts=tuple(
            count(profile, start, figure + 100 * start)
            for start in (1, 2, 3)
            for profile, figure in zip(("uvicorn", "daphne"), figures, strict=True)
        ),
    )


def test_figures() -> None:
    """Idle work is left out; the mean of the starts has an interval over them."""
    uvicorn, daphne, granian = counted(with_counts(small())).rows
    assert uvicorn.per_request is not None
    assert uvicorn.per_request.value == pytest.approx(500_000, rel=1e-5)
    assert uvicorn.per_request.lo is not None
    assert 0 < 500_000 - uvicorn.per_request.lo < 200
    assert uvicorn.idle_share == pytest.approx(1_000 / 50_001_000, rel=1e-3)
    assert (uvicorn.starts, uvicorn.requests) == (3, 900)
    assert (daphne.profile, granian.profile) == ("daphne", "granian")
    assert granian.per_request is None
    assert granian.failure == "it ended by signal 4 (SIGILL)"


def test_timers_that_were_told_in_some_starts_alone_are_left_in_all() -> None:
    """Taken off in one start of three, they would be a difference between starts."""
    counts = tuple(
        count_of("uvicorn", start, 1_000.0, idle=idle)
        for start, idle in ((1, None), (2, None), (3, 500))
    )
    facts = replace(small(), counts=counts)
    (uvicorn,) = counted(facts).rows
    assert uvicorn.per_request is not None
    assert uvicorn.per_request.value == pytest.approx(1_000 + 500 / 100 / 3, rel=1e-3)
    assert uvicorn.idle_share is None


def test_two_servers_are_compared_with_the_timers_of_both_or_neither() -> None:
    """The same work, and timers that one of them does not tell: they do not differ for that."""
    counts = tuple(
        count_of(name, start, 1_000.0 + start, idle=5_000)
        for name in ("uvicorn", "daphne")
        for start in (1, 2, 3)
    )
    untold = tuple(
        replace(one, blocks=tuple(replace(block, idle=None) for block in one.blocks))
        if one.profile == "daphne"
        else one
        for one in counts
    )
    found = counted(replace(small(), counts=untold))
    (pair,) = found.pairs
    assert pair.ratio.value == pytest.approx(1)
    assert not pair.shown


def test_a_server_without_timers() -> None:
    """That it does nothing by the clock is known: its share is 0, not absent."""
    counts = tuple(count_of("granian", start, 1_000.0) for start in (1, 2, 3))
    (granian,) = counted(replace(small(), counts=counts)).rows
    assert granian.idle_share == 0.0


def test_ratio_and_rank() -> None:
    """1 % is shown where starts differ by some hundredths; each has a rank of its own."""
    uvicorn, daphne, _ = counted(with_counts(small())).rows
    assert uvicorn.ratio is None
    assert daphne.ratio is not None
    assert daphne.ratio.shown
    assert daphne.ratio.ratio.value == pytest.approx(1.01, rel=1e-4)
    assert uvicorn.rank is not None
    assert daphne.rank is not None
    assert (uvicorn.rank.place, daphne.rank.place) == (1, 2)
    assert not uvicorn.rank.tied


def test_tie() -> None:
    """A difference that starts show by themselves is none between servers."""
    rows = counted(three_starts(500_000, 500_020)).rows
    assert [row.rank and (row.rank.place, row.rank.tied) for row in rows] == [(1, True)] * 2
    assert rows[1].ratio is not None
    assert not rows[1].ratio.shown


def test_one_start() -> None:
    """One start says nothing of how starts differ: no interval, no test."""
    facts = replace(small(), counts=(count("uvicorn", 1, 10), count("daphne", 1, 20)))
    uvicorn, daphne = counted(facts).rows
    assert uvicorn.per_request is not None
    assert uvicorn.per_request.lo is None
    assert daphne.ratio is not None
    assert daphne.ratio.p_adjusted is None
    assert daphne.rank is None
    assert not daphne.ratio.shown


def test_counted_again() -> None:
    """A run that was resumed may have counted a start twice: the last counts."""
    facts = replace(small(), counts=(count("uvicorn", 1, 10), count("uvicorn", 1, 20)))
    (uvicorn,) = counted(facts).rows
    assert uvicorn.starts == 1
    assert uvicorn.per_request is not None
    assert uvicorn.per_request.value == pytest.approx(20)


def test_packages() -> None:
    """What the baseline does in the same package is taken off, also where the server has none."""
    uvicorn, daphne, _ = counted(with_counts(small())).rows
    assert {one.package: (one.per_request, one.more) for one in uvicorn.packages} == {
        "uvloop": (100_000, None),
        "pydantic_core": (400_000, None),
    }
    assert {one.package: (one.per_request, one.more) for one in daphne.packages} == {
        "pydantic_core": (400_000, 0),
        "twisted": (105_000, 105_000),
        "uvloop": (0, -100_000),
    }
    assert [one.function for one in daphne.functions] == [
        "twisted_run", "uvloop_run", "pydantic_core_run",
    ]  # fmt: skip


def test_hardware() -> None:
    """What a counter of the CPU sees is there, and what is not known of all blocks is absent."""
    known = count("uvicorn", 1, 10, counter=Counter.HARDWARE)
    blocks = tuple(
        replace(block, kernel_instructions=700, cycles=300, kernel_cycles=200)
        for block in known.blocks
    )
    (row,) = counted(replace(small(), counts=(replace(known, blocks=blocks),))).rows
    assert (row.kernel_per_request, row.cycles_per_request) == (7, 5)
    (row,) = counted(replace(small(), counts=(known,))).rows
    assert (row.kernel_per_request, row.cycles_per_request) == (None, None)


def test_not_counted() -> None:
    """A run that counted nothing has nothing to say of it."""
    assert counted_workloads(small()) == ()
