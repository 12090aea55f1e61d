"""Cores and what is taken of them."""

import os
from contextlib import suppress

import pytest

from bench.system.machine import Cores, machine, pinned, share_out

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
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None)
    cores = share_out()
    assert (cores.servers, cores.generator) == (servers, generator)
    assert cores.shared is (generator is None)


@has_affinity
def test_each_generator_has_a_core_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last ones; where none would be left for the servers, nobody is pinned."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 5})
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None)
    assert share_out(2) == Cores(frozenset({0, 1}), frozenset({2, 5}), 4)
    assert share_out(4) == Cores(None, None, 4)


@has_affinity
def test_a_sandbox_that_forbids_pinning_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is pinned then, and every figure is doubted for it."""

    def forbidden(*_: object) -> None:
        raise PermissionError(1, "not here")

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    assert share_out() == Cores(None, None, 2)


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


def test_the_machine_is_described() -> None:
    """Enough to tell two apart."""
    facts = machine(Cores(frozenset({0}), frozenset({1})))
    assert facts.cpu
    assert facts.memory_bytes > 0
    assert (facts.server_cores, facts.generator_cores) == ((0,), (1,))
