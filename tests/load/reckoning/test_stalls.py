"""When a server answered nothing although requests waited."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.facts.slice import Stalls
from bench.load.reckoning.stalls import Silences, Waits, ordinary_ns, silences, stalls

MS = 1_000_000
Wait = tuple[int, int, bool]  # since, until, whether it ended with an answer
Span = tuple[int, int]


def found(waits: Sequence[Wait]) -> list[Span]:
    """The silences among these waits."""
    since, until, answered = (
        np.array([wait[n] for wait in waits], dtype=np.int64) for n in (0, 1, 2)
    )
    silent = silences(since, until, until[answered == 1])
    return list(zip(silent.start.tolist(), silent.end.tolist(), strict=True))


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ([], []),
        ([(10, 30, True)], [(10, 30)]),
        ([(10, 30, False)], [(10, 30)]),
        ([(10, 10, True)], []),
        ([(10, 30, True), (40, 45, True)], [(10, 30), (40, 45)]),
        ([(10, 30, True), (20, 45, True)], [(10, 30), (30, 45)]),
        ([(10, 45, True), (20, 30, True)], [(10, 30), (30, 45)]),
        ([(10, 45, True), (20, 30, False)], [(10, 45)]),
        ([(10, 20, False), (50, 60, True)], [(10, 20), (50, 60)]),
        ([(10, 20, False), (20, 60, True)], [(10, 60)]),
        ([(10, 30, True), (12, 90, False)], [(10, 30), (30, 90)]),
        ([(10, 30, True), (11, 30, True), (12, 30, True)], [(10, 30)]),
    ],
    ids=[
        "nobody waits", "one is answered", "one fails", "at once", "one after the other",
        "the next waits already", "the later is answered first", "a failure is no answer",
        "nobody waits after a failure", "another waits from the failure on",
        "until the last has given up", "several are answered at once",
    ],
)  # fmt: skip
def test_known_silences(waits: list[Wait], expected: list[Span]) -> None:
    """Where something waits, from one answer to the next."""
    assert expected == found(waits)
    assert expected == found(waits[::-1])


def by_definition(waits: Sequence[Wait]) -> list[Span]:
    """Moment by moment: something waits, and no answer comes in between."""
    spans: list[Span] = []
    for moment in range(60):
        if not any(since <= moment < until for since, until, _ in waits):
            continue
        answer = any(answered and until == moment for _, until, answered in waits)
        if spans and spans[-1][1] == moment and not answer:
            spans[-1] = (spans[-1][0], moment + 1)
        else:
            spans.append((moment, moment + 1))
    return spans


WAITS = st.tuples(st.integers(0, 40), st.integers(0, 15), st.booleans()).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
)


@given(st.lists(WAITS, max_size=12))
def test_silences_are_what_their_definition_says(waits: list[Wait]) -> None:
    """Whatever waits, for however long, answered or not."""
    assert by_definition(waits) == found(waits)


def silent(*spans: Span) -> Silences:
    """These silences."""
    start, end = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    return Silences(start, end)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], Stalls(0, 0, 0)),
        ([(0, 100), (200, 300)], Stalls(0, 0, 0)),
        ([(120, 150)], Stalls(1, 30, 30)),
        ([(50, 130)], Stalls(1, 30, 80)),
        ([(180, 900)], Stalls(1, 20, 720)),
        ([(50, 900)], Stalls(1, 100, 850)),
        ([(50, 130), (140, 150), (190, 220)], Stalls(3, 50, 80)),
    ],
    ids=["none", "beside it", "within", "over its start", "over its end", "over both", "several"],
)
def test_stalls_are_clipped_to_the_window_but_for_the_longest(
    spans: list[Span], expected: Stalls
) -> None:
    """Their share of the window, and how long a client would have waited in the longest."""
    assert expected == silent(*spans).within(100, 200)


def test_short_silences_are_no_stalls() -> None:
    """Those that last so long exactly are."""
    kept = silent((0, 9), (20, 30), (40, 51)).at_least(10)
    assert (kept.start.tolist(), kept.end.tolist()) == ([20, 40], [30, 51])


@pytest.mark.parametrize(("at", "expected"), [(19, 19), (20, 20), (25, 20), (30, 30), (45, 40)])
def test_a_moment_in_a_silence_is_traced_to_its_beginning(at: int, expected: int) -> None:
    """Others are left as they are."""
    assert silent((20, 30), (40, 51)).beginning_of(at, 11) == expected


def test_a_silence_of_more_than_so_long_is_not_traced() -> None:
    """It is no longer a stall like others."""
    assert silent((20, 30), (40, 51)).beginning_of(45, 10) == 45


def waits(*rows: tuple[int, int, bool, int]) -> Waits:
    """Requests by since and until, in ms, whether they were answered, and their kind."""
    since, until, answered, kind = (
        np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)
    )
    return Waits(since * MS, until * MS, answered == 1, kind)


def spans(rows: Sequence[tuple[int, int, bool, int]]) -> list[Span]:
    """The stalls among these requests, ms."""
    found = stalls(waits(*rows))
    return [
        (a // MS, b // MS) for a, b in zip(found.start.tolist(), found.end.tolist(), strict=True)
    ]


QUICK = [(at, at + 1, True, 0) for at in range(0, 2000, 20)]
SLOW = [(at, at + 1500, True, 1) for at in range(5, 500, 60)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (QUICK, []),
        ([*QUICK, *SLOW], []),
        ([*QUICK, (41, 138, True, 0)], [(121, 138)]),
        ([*QUICK[:9], (161, 261, True, 0), (170, 261, True, 0)], [(161, 261)]),
        ([*QUICK[:3], (41, 50, True, 0)], []),
        ([*QUICK, *SLOW, (1990, 2100, True, 0)], [(1990, 2100)]),
        ([*QUICK[:3], (41, 141, False, 0)], [(41, 141)]),
        ([(at, at + 50, True, 0) for at in range(0, 500, 50)], []),
    ],
    ids=[
        "quick ones", "slow by themselves", "one of many is late", "all are held up",
        "held up for less", "among slow ones", "held up until it failed", "all take 50 ms",
    ],
)  # fmt: skip
def test_a_stall_ends_with_a_request_that_was_held_up(
    rows: list[tuple[int, int, bool, int]], expected: list[Span]
) -> None:
    """Twice as long as one of its kind takes, and for ten milliseconds in which nothing came."""
    assert expected == spans(rows)


@pytest.mark.parametrize("every_ms", [16, 40])
def test_a_server_that_works_long_on_each_request_does_not_stand_still(every_ms: int) -> None:
    """Queueing takes several times as long as serving, though nothing is answered in between."""
    queued = [(max(0, at - 8 * every_ms), at, True, 0) for at in range(0, 2000, every_ms)]
    alone = [(at, at + every_ms, True, 0) for at in range(3000, 4000, 4 * every_ms)]
    assert spans([*alone, *queued]) == []


def test_a_server_that_works_long_on_each_request_may_stand_still_for_longer() -> None:
    """For five times as long as it ordinarily lets its clients wait for the next answer."""
    queued = [(max(0, at - 128), at, True, 0) for at in range(16, 800, 16)]
    assert spans([*queued, (700, 1000, True, 0)]) == [(784, 1000)]


def test_a_server_that_sends_events_does_not_stand_still() -> None:
    """Where one request waits in vain, and streams go on: an event is a sign of life."""
    ordinary = [(at, at + MS, True) for at in range(0, 400 * MS, 2 * MS)]
    waits = [*ordinary, (400 * MS, 500 * MS, True)]
    since, until, answered = (
        np.array([wait[n] for wait in waits], dtype=np.int64) for n in (0, 1, 2)
    )
    kinds, events = np.zeros_like(since), np.arange(400 * MS, 500 * MS, 5 * MS, dtype=np.int64)
    silent = Waits(since, until, answered == 1, kinds)
    heard = Waits(since, until, answered == 1, kinds, events)
    assert stalls(silent).within(0, 500 * MS) == Stalls(1, 100 * MS, 100 * MS)
    assert stalls(heard).within(0, 500 * MS) == Stalls(0, 0, 0)


def test_what_is_ordinary_is_known_for_each_kind() -> None:
    """One answer in ten is as quick; what failed says nothing, nor does another kind."""
    rows = [(0, n, True, 0) for n in range(1, 21)] + [
        (0, 500, True, 7),
        (0, 3, False, 7),
        (0, 9, False, 5),
    ]
    ordinary = ordinary_ns(waits(*rows))
    assert set(ordinary[:20].tolist()) == {3 * MS}
    assert ordinary[20:].tolist() == [500 * MS, 500 * MS, 0]


def test_nothing_answered_makes_nothing_ordinary() -> None:
    """Not known, and no stall is shorter for it."""
    assert ordinary_ns(waits((0, 9, False, 0))).tolist() == [0]
    assert spans([(0, 9, False, 0)]) == []
    assert spans([(0, 10, False, 0)]) == [(0, 10)]
