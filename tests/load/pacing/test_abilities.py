"""What this machine lets the generator do, and what it falls back to."""

from pathlib import Path

import pytest

from bench.facts.run import Pacing
from bench.load.pacing import choice
from bench.load.pacing.choice import NOT_PINNED, OwnCores, instrument, why_not_spare
from bench.system.cpu_time import CpuTicks

FOUR = frozenset(range(4))
LAST = OwnCores(frozenset({3}), FOUR)


@pytest.fixture
def idle_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of cores that are their own, unrationed and idle; its system folder."""
    readings = iter([CpuTicks(1000, 900, 0), CpuTicks(1050, 949, 0)])
    monkeypatch.setattr(choice, "_SYSTEM", tmp_path / "system")
    monkeypatch.setattr(choice, "_CGROUPS", tmp_path / "cgroups")
    monkeypatch.setattr(choice, "_LOOK_MS", 0)
    monkeypatch.setattr(choice, "cpu_ticks", lambda _: next(readings))
    monkeypatch.setattr(choice, "has_timer", lambda: True)
    return tmp_path


@pytest.mark.usefixtures("idle_machine")
def test_it_spins_on_a_core_that_is_provably_spare() -> None:
    """Its own, idle, and not the last one for everything else."""
    found = instrument(LAST, kernel_timestamps=True)
    assert (found.pacing, found.cores) == (Pacing.SPIN, 1)


@pytest.mark.usefixtures("idle_machine")
@pytest.mark.parametrize(
    ("cores", "reason"),
    [
        (NOT_PINNED, "no core of its own"),
        (OwnCores(frozenset({2, 3}), FOUR), "no core of its own"),
    ],
)
def test_it_does_not_spin_on_a_core_that_others_need(cores: OwnCores, reason: str) -> None:
    """Nor where it has no core of its own, or several."""
    found = instrument(cores, kernel_timestamps=True)
    assert found.pacing is Pacing.TIMER
    assert reason in found.pacing_reason


@pytest.mark.usefixtures("idle_machine")
def test_it_spins_but_briefly_where_everything_else_has_no_core_left() -> None:
    """Servers and generator have one each; what else there is may need some of the latter."""
    found = instrument(OwnCores(frozenset({1}), frozenset({0, 1})), kernel_timestamps=True)
    assert found.pacing is Pacing.BRIEF_SPIN
    assert "2 cores leave none to everything else" in found.pacing_reason


def test_half_a_physical_core_is_not_spare(idle_machine: Path) -> None:
    """Spinning on one half slows the other down."""
    topology = idle_machine / "system/cpu3/topology"
    topology.mkdir(parents=True)
    (topology / "thread_siblings_list").write_text("1,3\n", encoding="ascii")
    assert why_not_spare(LAST) == "core 3 shares its circuits with core 1 (SMT)"
    (topology / "thread_siblings_list").write_text("3,7-8\n", encoding="ascii")
    assert why_not_spare(LAST) is None, "those siblings are nobody's here"


def test_rationed_time_is_not_spare(idle_machine: Path) -> None:
    """What spinning burns is taken from the servers' ration."""
    (idle_machine / "cgroups").mkdir()
    limit = idle_machine / "cgroups/cpu.max"
    limit.write_text("150000 100000\n", encoding="ascii")
    assert why_not_spare(LAST) == "CPU time is rationed to this process's control group"
    limit.write_text("max 100000\n", encoding="ascii")
    assert why_not_spare(LAST) is None


@pytest.mark.usefixtures("idle_machine")
@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (CpuTicks(1050, 900, 0), "others use core 3"),
        (CpuTicks(1050, 949, 1), "the hypervisor takes time of core 3"),
        (CpuTicks(1000, 900, 0), "others use core 3"),
        (None, "nothing says how busy its core is"),
    ],
)
def test_a_core_that_others_use_is_not_spare(
    later: CpuTicks | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one of which that cannot be told."""
    readings = iter([CpuTicks(1000, 900, 0), later])
    monkeypatch.setattr(choice, "cpu_ticks", lambda _: next(readings))
    assert why_not_spare(LAST) == reason


def test_without_a_timer_it_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says why."""
    monkeypatch.setattr(choice, "has_timer", lambda: False)
    found = instrument(LAST, kernel_timestamps=False)
    assert (found.pacing, found.kernel_timestamps) == (Pacing.POLL, False)
    assert "no timerfd" in found.pacing_reason
