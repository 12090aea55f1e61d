"""The part of a log that is replayed, and when each of its requests is due."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.stats.units import NS_PER_S
from bench.workloads.requests.access_log import replay as of_replay
from bench.workloads.requests.access_log.replay import (
    Replay,
    Stretch,
    Times,
    busiest,
    fast_enough,
    replay,
)
from bench.workloads.requests.access_log.requests import access_log
from tests.workloads.requests.access_log.lines import BEGAN_S, fine, line

US = 1_000


def times_of(*microseconds: int) -> Times:
    """Times of a log whose first second is BEGAN_S."""
    return np.array([BEGAN_S * NS_PER_S + each * US for each in microseconds], np.int64)


def replayed(
    path: Path, text: str, window_s: float = 1.0, speed: float = 1.0, seed: int = 3
) -> Replay:
    """Replay the busiest part of a log of this text."""
    path.write_text(text)
    log = access_log(path, skip=False, seed=seed).log
    assert log is not None
    times = np.sort(np.frombuffer(log.times, np.int64))
    return replay(log, times, busiest(times, window_s, 0.01, speed), speed, seed)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a log is written."""
    return tmp_path / "access.log"


def test_the_busiest_part_has_room_on_both_sides() -> None:
    """A burst at the edge would look like a queue that grows."""
    times = times_of(0, 2_000_000, 2_100_001, 2_200_001, 9_000_001)
    found = busiest(times, 1.0, 0.1, 1.0)
    assert (found.requests, found.unit_ns) == (3, 1)
    assert found.end_ns - found.start_ns == NS_PER_S
    assert times[1] - found.start_ns == pytest.approx(found.end_ns - times[3], abs=2)


def test_where_a_log_has_whole_seconds_so_has_its_part() -> None:
    """However short the replay is to be."""
    times = np.sort(np.concatenate([times_of(0, 3_000_000), np.repeat(times_of(7_000_000), 5)]))
    found = busiest(times, 0.4, 0.4, 1.0)
    start_ns = int(times_of(7_000_000)[0])
    assert found == Stretch(start_ns, start_ns + NS_PER_S, 5, NS_PER_S)
    faster = busiest(times, 0.4, 0.4, 20.0)
    assert faster.requests == 7
    assert faster.end_ns - faster.start_ns == 8 * NS_PER_S


@given(
    st.lists(st.integers(0, 20_000_000), min_size=1, max_size=40),
    st.floats(0.05, 5.0),
    st.floats(0.1, 50.0),
)
def test_no_other_part_has_more(microseconds: list[int], window_s: float, speed: float) -> None:
    """Of any that is as long; and it has as many as it says."""
    times = np.sort(times_of(*microseconds))
    found = busiest(times, window_s, 0.05, speed)
    length_ns = found.end_ns - found.start_ns
    counts = [int(((times >= at) & (times < at + length_ns)).sum()) for at in times]
    within = (times >= found.start_ns) & (times < found.end_ns)
    assert found.requests == within.sum() == max(counts)


def test_a_speed_that_is_enough() -> None:
    """The lowest of round numbers; none, where the log has too little at all."""
    times = times_of(*range(0, 100_000_000, 1_000_001))
    assert fast_enough(times, 1.0, 0.4, 40, 1.0) == 50.0
    assert fast_enough(times, 1.0, 0.4, 1000, 1.0) is None


def test_times_are_kept_to_the_microsecond(path: Path) -> None:
    """In the order of time, whatever that of the lines; of equal ones, in the order of lines."""
    at = [5, 5, 123_456, 123_457, 700_000, 999_999]
    paths = ["/b", "/a", "/c", "/a", "/b", "/d"]
    lines = list(zip(at, paths, strict=True))
    text = fine([lines[4], *lines[:3], lines[5], lines[3]])
    found = replayed(path, text, window_s=2.0)
    first_ns = found.due_ns[0]
    assert [due - first_ns for due in found.due_ns] == [(each - 5) * US for each in at]
    assert [found.requests[index].target for index in found.order] == paths
    assert not found.record.whole_seconds
    assert found.record.requests == 6


def test_a_faster_replay(path: Path) -> None:
    """Twice as fast: half of each gap, and the window half as long in time."""
    found = replayed(path, fine([(0, "/"), (500_000, "/"), (2_000_000, "/")]), 4.0, speed=2.0)
    gaps = [due - found.due_ns[0] for due in found.due_ns]
    assert gaps == [0, 250_000 * US, 1_000_000 * US]
    assert found.record.window_s == pytest.approx(1.0, abs=1e-6)
    assert found.record.rate == pytest.approx(3.0, abs=1e-5)


def test_requests_of_one_second_are_spread_over_it(path: Path) -> None:
    """By the seed, in their order, each within its second."""
    text = "".join(line(f"GET /{n} HTTP/1.1", second=n // 50) for n in range(150))
    one, again, other = (replayed(path, text, 3.0, seed=seed) for seed in (1, 1, 2))
    assert one.due_ns == again.due_ns != other.due_ns
    targets = [one.requests[index].target for index in one.order]
    assert targets == [f"/{n}" for n in range(150)]
    assert [due // NS_PER_S for due in one.due_ns] == [n // 50 for n in range(150)]
    assert sorted(one.due_ns) == list(one.due_ns)
    assert len(set(one.due_ns)) == 150
    assert one.record.whole_seconds
    assert (one.record.began, one.record.ended) == ("2026-11-29 18:51:00", "2026-11-29 18:51:03")


def test_what_comes_before_and_after_is_sent_too(path: Path) -> None:
    """A lead-in is the log's own, and load goes on until all is answered; it is not counted."""
    busy = [(10_000_000 + n * 1_000, "/busy") for n in range(10)]
    text = fine([(0, "/far"), (6_000_000, "/before"), *busy, (12_000_000, "/after")])
    found = replayed(path, text)
    assert [found.requests[index].target for index in found.order] == [
        "/before", *["/busy"] * 10, "/after",
    ]  # fmt: skip
    assert found.due_ns[0] < 0 < found.due_ns[1]
    assert found.record.requests == 10


def test_what_there_is_no_room_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is measured nothing is left out: it is refused; of the rest what is far from it."""
    text = fine([(0, "/x"), *[(4_000_000 + n, f"/{n}") for n in range(4)], (5_500_000, "/y")])
    monkeypatch.setattr(of_replay, "MOST_REPLAYED", 5)
    assert len(replayed(path, text, 0.5).order) == 4
    monkeypatch.setattr(of_replay, "MOST_REPLAYED", 3)
    with pytest.raises(UsageError, match=r"4 requests in the part .* at most 3"):
        replayed(path, text, 0.5)
    monkeypatch.undo()
    monkeypatch.setattr(of_replay, "MOST_REQUESTS", 4)
    assert len(replayed(path, text, 0.5).requests) == 4
    monkeypatch.setattr(of_replay, "MOST_REQUESTS", 3)
    with pytest.raises(UsageError, match="more than 3 different requests"):
        replayed(path, text, 0.5)
