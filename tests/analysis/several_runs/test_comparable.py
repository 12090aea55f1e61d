"""Each thing that two runs must have alike is named with both values, and so is what may differ."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.analysis.several_runs.comparable import may_differ, must_agree, same_rate
from bench.facts.load import Arrivals, Client
from bench.facts.run import Facts, Instrument, Pacing, Purpose
from bench.facts.settings import AppSettingsRecord
from tests.build.compared import TIMING, quiet
from tests.build.variants import with_manifest, with_servers, with_settings, with_versions

A = quiet()
MACHINE = A.manifest.machine


def machine(**changes: object) -> Facts:
    """A run on another machine."""
    return with_manifest(A, machine=replace(MACHINE, **changes))  # type: ignore[arg-type]


DIFFERENT = {
    "CPU: Example CPU @ 2.50GHz / Other": machine(cpu="Other"),
    "cores: 2 / 4": machine(cores=4),
    "memory: 8.00 GiB / 4.00 GiB": machine(memory_bytes=4 * 2**30),
    "kernel: Linux 6.1.0 / Linux 6.2.0": machine(kernel="Linux 6.2.0"),
    "hypervisor: kvm / none": machine(virtual=None),
    "Python: 3.11.9 / 3.12.1": machine(python="3.12.1"),
    "cores of the servers: 1 / not pinned": machine(server_cores=()),
    "cores of the generator: 0 / 0, 2": machine(generator_cores=(0, 2)),
    "app: app.main:app / shop.main:app": with_manifest(A, app="shop.main:app"),
    "connections: 32 / 16": with_settings(A, connections=16),
    "arrivals: poisson / constant": with_settings(A, arrivals=Arrivals.CONSTANT),
    "workers: 1 / 2": with_settings(A, workers=2),
    "client: wire / httpx": with_settings(A, client=Client.HTTPX),
    "generator cores: 1 / 2": with_settings(A, generator_cores=2),
    "a new connection for each request: no / yes": with_settings(A, new_connections=True),
    "TLS sessions resumed: no / yes": with_settings(A, resume_tls=True),
    "window, s: 0.4 / 1": with_settings(A, timing=replace(TIMING, window_s=1.0)),
    "lead-in, s: 0.05 / 0.2": with_settings(A, timing=replace(TIMING, lead_in_s=0.2)),
    "workloads: get_item / get_item, mixed": with_settings(A, workloads=("get_item", "mixed")),
    "contents of workload load: unknown / 0a1b": with_settings(A, workload_files={"load": "0a1b"}),
    "settings of the app under daphne: none / cache=lru": with_servers(
        A, lambda one: replace(one, settings={"cache": "lru"} if one.name == "daphne" else {})
    ),
}


@pytest.mark.parametrize(("expected", "other"), DIFFERENT.items(), ids=DIFFERENT)
def test_what_must_agree_is_named_with_both_values(expected: str, other: Facts) -> None:
    """One difference at a time: nothing else is named, and the other way round it is the same."""
    assert [str(each) for each in must_agree(A.manifest, other.manifest)] == [expected]
    (back,) = must_agree(other.manifest, A.manifest)
    name, _, values = expected.partition(": ")
    assert str(back) == f"{name}: {' / '.join(reversed(values.split(' / ')))}"


def test_a_workload_that_was_edited_is_another_one() -> None:
    """Though its name is the same; and the same contents are the same wherever the file lies."""
    before, same, edited = (
        with_settings(A, workload_files={"load": digest}).manifest for digest in ("1", "1", "2")
    )
    assert must_agree(before, same) == []
    assert [str(each) for each in must_agree(before, edited)] == [
        "contents of workload load: 1 / 2"
    ]


def test_two_rates_that_were_asked_for_must_agree() -> None:
    """To within 2 %; what auto found is looked at load by load."""
    rates = [with_settings(A, rate=rate).manifest for rate in (2000.0, 2010.0, 3000.0, None)]
    assert must_agree(rates[0], rates[1]) == []
    assert [str(each) for each in must_agree(rates[0], rates[2])] == ["offered rate: 2000 / 3000"]
    assert must_agree(rates[0], rates[3]) == []


def test_streams_must_agree_where_both_have_any() -> None:
    """A run over HTTP/1.1 alone has no cell that they would matter to."""
    manifests = [with_settings(A, streams=streams).manifest for streams in (None, 8, 4)]
    assert must_agree(manifests[0], manifests[1]) == []
    found = [str(each) for each in must_agree(manifests[1], manifests[2])]
    assert found == ["streams on a connection: 8 / 4"]


MAY = {
    "purpose: comparison / regression": with_manifest(A, purpose=Purpose.REGRESSION),
    "commit of the app: fedcba9 / unknown": with_manifest(A, app_commit=None),
    "commit of weighbridge: 0123abc / unknown": with_manifest(A, commit=None),
    "weighbridge: 0.1.0 / 0.2.0": with_manifest(A, weighbridge="0.2.0"),
    "gate: tests/test_items.py / none": with_manifest(A, tests="none"),
    "seed: 7 / 8": with_manifest(A, seed=8),
    "pacing: timer / spin": with_manifest(
        A, instrument=Instrument(Pacing.SPIN, "it is spare", True, 1)
    ),
    "servers started in: unknown / copy": with_settings(
        A, own_app=AppSettingsRecord(started_in="copy")
    ),
    "environment variables of the app: none / A=1": with_settings(
        A, own_app=AppSettingsRecord(app_env={"A": "1"})
    ),
    "environment variables of the app: none / B, C (0a1b)": with_settings(
        A,
        own_app=AppSettingsRecord(
            env_files=({"name": ".env", "variables": ["B", "C"], "digest": "0a1b"},)
        ),
    ),
    "one server at a time: no / yes": with_settings(A, alone=True),
    "rounds: 5 / 3": with_settings(A, rounds=3),
    "budget, s: 300 / 40": with_settings(A, timing=replace(TIMING, budget_s=40.0)),
    "requested rate: auto / 2000": with_settings(A, rate=2000.0),
    "daphne (daphne): 1.0 / 2.0": with_versions(A, daphne="2.0"),
    "launch line of uvicorn: uvicorn app.main:app --port 8000 / uvicorn": with_servers(
        A, lambda one: replace(one, argv=("uvicorn",)) if one.name == "uvicorn" else one
    ),
}


@pytest.mark.parametrize(("expected", "other"), MAY.items(), ids=MAY)
def test_what_may_differ_is_reported(expected: str, other: Facts) -> None:
    """It keeps nothing from being compared."""
    assert must_agree(A.manifest, other.manifest) == []
    assert [str(each) for each in may_differ(A.manifest, other.manifest)] == [expected]


def test_a_package_that_changed_for_all_is_one_line() -> None:
    """So is one that came new."""
    one = with_servers(A, lambda each: replace(each, packages={"fastapi": "1"}))
    other = with_servers(A, lambda each: replace(each, packages={"fastapi": "2", "idna": "3"}))
    assert [str(each) for each in may_differ(one.manifest, other.manifest)] == [
        "fastapi (all servers): 1 / 2",
        "idna (all servers): absent / 3",
    ]


@pytest.mark.parametrize(
    ("expected", "a", "b"),
    [(True, 2400.0, 2448.0), (True, 2448.0, 2400.0), (False, 2400.0, 2449.0), (True, None, None)],
)
def test_rates_are_the_same_to_within_two_percent(
    expected: bool,  # noqa: FBT001
    a: float | None,
    b: float | None,
) -> None:
    """Whichever is the larger; a closed loop has none."""
    assert same_rate(a, b) is expected
    assert not same_rate(a, None if a else 1.0)


def test_memory_that_the_kernel_keeps_is_no_difference() -> None:
    """Some kilobytes more or less are the same machine."""
    other = machine(memory_bytes=MACHINE.memory_bytes - 200_000)
    assert must_agree(A.manifest, other.manifest) == []


SAME: list[Callable[[Facts], Facts]] = [
    lambda facts: facts,
    lambda facts: with_settings(facts, profiles=("x",)),
]


@pytest.mark.parametrize("change", SAME)
def test_what_no_figure_depends_on_is_not_named(change: Callable[[Facts], Facts]) -> None:
    """Neither must it agree, nor is it told."""
    other = change(A)
    assert must_agree(A.manifest, other.manifest) == []
    assert may_differ(A.manifest, other.manifest) == []
