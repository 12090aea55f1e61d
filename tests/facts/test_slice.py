"""What one slice says of a server's throughput."""

import pytest

from bench.facts.load import Cell, Load, Mode
from bench.facts.slice import Outcome, Slice
from tests.build.slices import exposure, observation

SATURATED = Cell("uvicorn", "orders", Load(Mode.CLOSED, 32))
AT_A_RATE = Cell("uvicorn", "orders", Load(Mode.OPEN, 32, 100.0))
S = 1_000_000_000


def piled_up(cell: Cell = SATURATED, **changes: object) -> Slice:
    """2,160 responses in a window of 6 s; the server was idle 11 s after the first request."""
    seen = observation(
        window_ns=6 * S,
        outcomes={Outcome.OK: 2160},
        answered_in_window=2160,
        cpu_requests=2160,
        settling_ns=5 * S,
        worked_ns=11 * S,
    )
    return exposure(cell, seen, **changes)


def throughput(one: Slice) -> float:
    """Right answers a second."""
    answers, seconds = one.throughput_parts
    return answers / seconds


def test_work_left_after_the_load_is_part_of_the_time_of_throughput() -> None:
    """2,160 requests took 11 s, of which the client saw 6."""
    assert throughput(piled_up()) == pytest.approx(2160 / 11)


def test_a_server_that_is_idle_soon_after_the_load_did_all_of_it_in_the_window() -> None:
    """What is in flight at the end takes a little longer than the window everywhere."""
    assert throughput(piled_up(settling_ns=S)) == pytest.approx(2160 / 6)


def test_of_work_that_never_ended_the_time_that_was_waited_for_counts() -> None:
    """It is the least that the work took."""
    assert throughput(piled_up(settling_ns=S, settled=False, worked_ns=16 * S)) == 2160 / 16


def test_wrong_answers_are_no_throughput_of_piled_up_work() -> None:
    """Only right answers count, as in a window."""
    half = {Outcome.OK: 1080, Outcome.WRONG_STATUS: 1080}
    assert throughput(piled_up(outcomes=half)) == pytest.approx(1080 / 11)


@pytest.mark.parametrize(
    "one", [piled_up(AT_A_RATE), piled_up(worked_ns=None)], ids=["open loop", "unknown"]
)
def test_else_throughput_is_of_the_window(one: Slice) -> None:
    """In open loop the rate was offered; older journals do not say how long the work took."""
    assert throughput(one) == pytest.approx(2160 / 6)
