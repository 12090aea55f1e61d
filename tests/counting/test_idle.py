"""What of a block was not for its requests: told by functions that nothing else calls."""

from bench.counting.callgrind_file import CodePlace
from bench.counting.idle import idle_work

S = 1_000_000_000
EVAL, TIMER = CodePlace("libpython", "eval"), CodePlace("loop.so", "on_timer")


def of(eval_: int, timer: int, pid: int = 7) -> dict[int, dict[CodePlace, int]]:
    """Instructions of a process, in code that everybody calls and in a timer's callback."""
    return {pid: {EVAL: eval_, TIMER: timer}}


def test_told_by_the_timer() -> None:
    """The timer's callback tells how often idle work was done, whatever else was executed.

    Idle, two blocks with 10 timers each, of 1,000 instructions; 4 and 6 timers in the blocks.
    """
    idle = (of(9_000, 1_000), of(9_000, 1_000))
    blocks = [of(500_000, 400), of(600_000, 600)]
    assert idle_work(blocks, 2 * S, idle, 2 * S) == [4_000, 6_000]


def test_cannot_be_told() -> None:
    """Where all that is executed while idle is executed for requests too, it is not known."""
    idle = (of(9_000, 1_000), of(9_000, 1_000))
    assert idle_work([of(500_000, 90_000)], 2 * S, idle, 2 * S) is None


def test_too_little_to_matter() -> None:
    """Idle work that is a trace of what is counted needs not be told apart."""
    idle = (of(90, 10), of(90, 10))
    assert idle_work([of(500_000, 90_000)], 2 * S, idle, 2 * S) == [0]


def test_timers_that_were_less_late_in_the_blocks() -> None:
    """On a busy machine a third more of them fit into the same time."""
    idle = (of(9_000, 1_000), of(9_000, 1_000))
    assert idle_work([of(500_000, 2_600)], 2 * S, idle, 2 * S) == [26_000]


def test_seldom() -> None:
    """Of a timer that fires each second, one idle block may have twice as many as the other."""
    idle = (of(9_000, 500), of(9_000, 1_000))
    assert idle_work([of(500_000, 500)], 2 * S, idle, 2 * S) == [6_500]


def test_not_by_the_clock() -> None:
    """What two idle blocks do not have alike says nothing."""
    once = {7: {EVAL: 9_000, TIMER: 1_000, CodePlace("loop.so", "on_close"): 5_000}}
    idle = (once, of(9_000, 1_000))
    assert idle_work([of(500_000, 500)], 2 * S, idle, 2 * S) == [6_250]


def test_processes_apart() -> None:
    """Each process has its own timers; one that came later has none that are known."""
    idle = (of(0, 1_000) | of(0, 500, 8), of(0, 1_000) | of(0, 500, 8))
    block = of(90_000, 200) | of(0, 400, 8) | of(70_000, 7, 9)
    assert idle_work([block], 2 * S, idle, 2 * S) == [600]


def test_idle_server() -> None:
    """A server that does nothing while nothing is asked has no idle work."""
    assert idle_work([of(1, 1), of(1, 1)], S, ({}, {}), S) == [0, 0]
