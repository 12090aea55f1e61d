"""Where the time of the cores went."""

from bench.system.cpu_time import CpuTicks, cpu_ticks, waited_ns


def test_stolen_is_a_share_of_all_ticks() -> None:
    """Of all cores, since the earlier reading; no ticks, no share."""
    earlier, later = CpuTicks(1000, 0, 10), CpuTicks(1200, 0, 20)
    assert later.stolen_share_since(earlier) == 0.05
    assert earlier.stolen_share_since(earlier) == 0.0


def test_ticks_only_grow() -> None:
    """Where the platform has them."""
    first, second = cpu_ticks(), cpu_ticks()
    if first is not None and second is not None:
        assert second.total >= first.total > 0


def test_one_core_is_a_part_of_all() -> None:
    """Where the platform tells them apart; a core that is not there has no ticks."""
    core, everything = cpu_ticks(0), cpu_ticks()
    if core is not None and everything is not None:
        assert core.total <= everything.total
    assert cpu_ticks(100_000) is None


def test_this_process_has_waited_for_some_time_or_nobody_knows() -> None:
    """Absent is not 0, and never less than before."""
    mine = waited_ns()
    assert mine is None or 0 <= mine <= (waited_ns() or 0)
