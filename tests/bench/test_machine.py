"""Cores and what is taken of them."""

import os
from contextlib import suppress

import pytest

from bench.machine import Cores, CpuTicks, cpu_ticks, machine, pinned, share_out

has_affinity = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here"
)


@has_affinity
@pytest.mark.parametrize(
    ("usable", "servers", "generator"),
    [({0}, None, None), ({0, 1}, {0}, {1}), ({2, 5, 7}, {2, 5}, {7})],
)
def test_the_generator_has_the_last_core_to_itself(
    usable: set[int],
    servers: set[int] | None,
    generator: set[int] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of those that this process may use; one core is shared, and said to be."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: usable)
    cores = share_out()
    assert (cores.servers, cores.generator) == (servers, generator)
    assert cores.shared is (generator is None)


@has_affinity
def test_pinning_is_undone() -> None:
    """Also after a failure."""
    before = os.sched_getaffinity(0)
    with suppress(KeyError), pinned(frozenset({min(before)})):
        assert os.sched_getaffinity(0) == {min(before)}
        raise KeyError
    assert os.sched_getaffinity(0) == before
    with pinned(None):
        assert os.sched_getaffinity(0) == before


def test_stolen_is_a_share_of_all_ticks() -> None:
    """Of all cores, since the earlier reading; no ticks, no share."""
    earlier, later = CpuTicks(1000, 10), CpuTicks(1200, 20)
    assert later.stolen_share_since(earlier) == 0.05
    assert earlier.stolen_share_since(earlier) == 0.0


def test_ticks_only_grow() -> None:
    """Where the platform has them."""
    first, second = cpu_ticks(), cpu_ticks()
    if first is not None and second is not None:
        assert second.total >= first.total > 0


def test_the_machine_is_described() -> None:
    """Enough to tell two apart."""
    facts = machine(Cores(frozenset({0}), frozenset({1})))
    assert facts.cpu
    assert facts.memory_bytes > 0
    assert (facts.server_cores, facts.generator_cores) == ((0,), (1,))
