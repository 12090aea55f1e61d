"""The same run with something else in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.run import Facts, Manifest
from bench.facts.server import Gate, GateTest, ServerFacts, TlsFacts
from bench.facts.slice import Doubt, DoubtKind, Outcome, Slice, Verdict
from tests.build.runs import EACH, small
from tests.build.slices import OPEN, START, slice_of


def with_manifest(facts: Facts, **changes: object) -> Facts:
    """The same run with other things in its manifest."""
    manifest: Manifest = replace(facts.manifest, **changes)  # type: ignore[arg-type]
    return replace(facts, manifest=manifest)


def later(facts: Facts, days: float) -> Facts:
    """The same run, started some days after the others."""
    return with_manifest(facts, started_at=(START + timedelta(days=days)).isoformat())


def with_settings(facts: Facts, **changes: object) -> Facts:
    """The same run with other options."""
    settings = replace(facts.manifest.settings, **changes)  # type: ignore[arg-type]
    return with_manifest(facts, settings=settings)


def with_servers(facts: Facts, change: Callable[[ServerFacts], ServerFacts]) -> Facts:
    """The same run with other facts about each server."""
    return with_manifest(facts, servers=tuple(map(change, facts.manifest.servers)))


def with_versions(facts: Facts, **versions: str) -> Facts:
    """The same run with these versions of packages, each in the environment of its server."""
    return with_servers(
        facts,
        lambda server: replace(
            server,
            packages={name: versions.get(name, kept) for name, kept in server.packages.items()},
        ),
    )


def with_slices(facts: Facts, slices: Sequence[Slice]) -> Facts:
    """The same run with other slices."""
    return replace(facts, slices=tuple(slices))


def with_each_slice(facts: Facts, change: Callable[[Slice], Slice]) -> Facts:
    """The same run with every slice changed."""
    return with_slices(facts, [change(one) for one in facts.slices])


def at_rate(facts: Facts, rate: float) -> Facts:
    """The same run, whose open loops had another offered rate."""
    load = Load(Mode.OPEN, OPEN.connections, rate, Arrivals.POISSON)

    def moved(one: Slice) -> Slice:
        if one.cell.load.mode is Mode.CLOSED:
            return one
        return replace(one, cell=Cell(one.cell.profile, one.cell.workload, load))

    return replace(with_each_slice(facts, moved), rates={"get_item": rate})


def with_twin(slower: float = 1.0) -> Facts:
    """Uvicorn, daphne, and uvicorn again, which takes `slower` times as long."""
    facts = small("uvicorn", "daphne", "uvicorn#2", rounds=4)

    def again(one: Slice) -> Slice:
        if one.cell.profile != "uvicorn#2":
            return one
        like = next(
            each
            for each in facts.slices
            if (each.cell, each.round) == (replace(one.cell, profile="uvicorn"), one.round)
        )
        times = [int(ms * 1e6 * slower) for ms in (1, 3)] * EACH
        made = slice_of(one.cell, one.round, one.rotation, times)
        return replace(made, answered_in_window=like.answered_in_window)

    return with_servers(
        with_each_slice(facts, again),
        lambda server: replace(server, twin_of="uvicorn") if server.name == "uvicorn#2" else server,
    )


def with_a_cache(step: float = 2.0) -> Facts:
    """Two servers, each without and with a cache; each takes `step` times the one before."""
    return with_servers(
        small("a", "a+cache=lru", "b", "b+cache=lru", step=step),
        lambda server: (
            replace(server, settings={"cache": "lru"}, bare=server.name.partition("+")[0])
            if "+" in server.name
            else server
        ),
    )


def over_protocols(step: float = 2.0) -> Facts:
    """Two servers, each over HTTP/1.1 and h2; each takes `step` times the one before."""
    facts = with_servers(
        small("a", "a@h2", "b", "b@h2", step=step),
        lambda server: replace(
            server,
            speaker=server.name.partition("@")[0],
            protocol="h2" if "@" in server.name else "http/1.1",
            connection="TLS" if "@" in server.name else "TCP",
        ),
    )
    agreed = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", "h2", resumed=False)
    launches = (replace(e, tls=agreed) if "@" in e.profile else e for e in facts.launches)
    return replace(with_settings(facts, streams=8), launches=tuple(launches))


def failing(facts: Facts) -> Facts:
    """The same run after much went wrong: gates, answers, doubts, and an early end."""
    changed = tuple(_damaged(one) for one in facts.slices if one.cell.profile != "gunicorn-asgi")
    failed = (
        GateTest("test_get_item_success", True),
        GateTest(
            "test_create_item_invalid_input",
            False,
            "assert 422 == 500\n  where | 500 = <Response [500]> `x` <script>alert(1)</script>",
        ),
    )
    gates = tuple(
        Gate(gate.profile, failed) if gate.profile == "gunicorn-asgi" else gate
        for gate in facts.gates
    )
    return replace(
        facts,
        slices=changed,
        gates=gates,
        launches=tuple(x for x in facts.launches if x.profile != "gunicorn-asgi"),
        drains=tuple(
            replace(x, failure="process 4121 died: signal 11 (SIGSEGV)", killed=True)
            if x.profile == "uwsgi" and x.round == 2
            else x
            for x in facts.drains
            if x.profile != "gunicorn-asgi"
        ),
        ending="interrupted",
        notes=("journal.jsonl: the last line was cut off and left out.",),
    )


def _damaged(one: Slice) -> Slice:
    """Wrong answers from uwsgi, lag at daphne, and a saturated generator in closed loop."""
    if one.cell.profile == "uwsgi":
        ok = one.outcomes[Outcome.OK]
        return replace(
            one,
            outcomes={Outcome.OK: ok - 40, Outcome.WRONG_STATUS: 30, Outcome.RESET: 10},
            verdict=Verdict.INVALID,
            doubts=(Doubt(DoubtKind.WRONG_RESPONSES, 40 / ok, fatal=True),),
        )
    if one.cell.profile == "daphne" and one.rotation % 3 == 1:
        return replace(
            one,
            verdict=Verdict.SUSPECT,
            doubts=(Doubt(DoubtKind.LITTLES_LAW, 0.8), Doubt(DoubtKind.CONNECTIONS_LOST, 3)),
        )
    if one.cell.profile == "granian" and one.cell.load.mode is Mode.CLOSED:
        return replace(
            one, verdict=Verdict.SUSPECT, doubts=(Doubt(DoubtKind.GENERATOR_SATURATED, 0.97),)
        )
    return one
