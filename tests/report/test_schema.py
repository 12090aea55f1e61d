"""docs/summary.schema.json describes every summary.json, and nothing else."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from bench.analysis.influence import CONSIDERED
from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.run import Facts, Pacing
from bench.facts.selftest import Finding
from bench.facts.server import Gate
from bench.facts.slice import DoubtKind, Outcome, Role, Verdict
from bench.facts.streams import LeftStreams
from bench.report.data.run_csv import CORRECTED, ESTIMATES
from bench.report.data.run_json import EFFECTS, FORMAT_VERSION, KIND, to_json
from bench.report.table_columns import DIFFERENCES
from bench.stats.estimate import Replicates
from tests.build.counts import with_counts
from tests.build.runs import realistic, small
from tests.build.variants import failing, with_a_cache, with_manifest, with_twin

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "summary.schema.json").read_bytes()
)
KINDS: dict[str, Any] = SCHEMA["$defs"]
OPTIONAL = {"claims", "settings_costs", "protocol_costs", "settings", "bare", "streams",
            "new_connections", "instructions", "idle_connection_kib",
            "left_streams", "stream_comparisons"}  # fmt: skip
CLOSED_BY_OTHERS = ["compared"]
VALIDATOR = Draft202012Validator(SCHEMA)


LEFT = (
    LeftStreams(profile="uvicorn", noticed_ns=(4_000_000,), unnoticed=0, patience_ns=10**9),
    LeftStreams(profile="daphne", noticed_ns=(), unnoticed=2, patience_ns=10**9),
)


def written(facts: Facts) -> dict[str, Any]:
    """summary.json of a run, as programs read it."""
    document: dict[str, Any] = json.loads(to_json(summarize(facts)))
    return document


def faults(document: dict[str, Any]) -> list[str]:
    """What the schema has against a document."""
    return [f"{error.instance_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def blind() -> Facts:
    """A run without what a platform may lack, or a user leave out."""
    facts = small()
    slices = tuple(
        replace(
            one, client_delay=None, raw=None, corrected=None, cpu_ns=None, network_ns=None,
            starved_share=None, stolen_share=None,
        )
        for one in facts.slices
    )  # fmt: skip
    machine = replace(facts.manifest.machine, virtual=None, server_cores=(), generator_cores=())
    manifest = replace(facts.manifest, machine=machine, selftest=None, commit=None, app_commit=None)
    return replace(facts, manifest=manifest, slices=slices, launches=(), drains=())


def ungated() -> Facts:
    """One server without a gate, one whose gate could not be run, and one of somebody else's."""
    facts = small("uvicorn", "daphne", "granian")
    gates = (Gate("uvicorn", skipped=True), Gate("daphne", error="it did not start"))
    servers = tuple(
        replace(server, argv=(), url="http://127.0.0.1:8000")
        if server.name == "granian"
        else server
        for server in facts.manifest.servers
    )
    return with_manifest(replace(facts, gates=gates), servers=servers)


def unlisted() -> Facts:
    """A server that only the slices know."""
    facts = small()
    return with_manifest(facts, servers=facts.manifest.servers[:1])


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(small, id="no noise"),
        pytest.param(lambda: realistic(rounds=3, rotations=1), id="seven servers"),
        pytest.param(lambda: failing(realistic(rounds=3, rotations=1)), id="failures"),
        pytest.param(lambda: replace(small(), slices=()), id="no slices"),
        pytest.param(
            lambda: replace(small(), slices=(), gates=(), launches=(), drains=()), id="nothing"
        ),
        pytest.param(lambda: small("uvicorn", rounds=1), id="no intervals"),
        pytest.param(lambda: small(rounds=2), id="two rounds"),
        pytest.param(with_a_cache, id="settings"),
        pytest.param(with_twin, id="A/A"),
        pytest.param(lambda: with_twin(1.5), id="A/A that shows a difference"),
        pytest.param(blind, id="little known"),
        pytest.param(ungated, id="no gates"),
        pytest.param(unlisted, id="a server of the slices alone"),
        pytest.param(lambda: with_counts(small()), id="instructions"),
        pytest.param(lambda: replace(small(), left_streams=LEFT), id="streams that were left"),
    ],
)
def test_what_is_written_is_described(make: Callable[[], Facts]) -> None:
    """Every document that is made keeps to the schema."""
    assert faults(written(make())) == []


def test_claims_are_described() -> None:
    """Each with its rule, what was measured, and what comes of it."""
    claim = {
        "claim": "a is faster than b",
        "rule": "median response time",
        "measured": ["0.9 (0.8 to 1.0)"],
        "verdict": "not shown by this run",
    }
    document = written(small())
    assert faults({**document, "claims": [claim, {**claim, "verdict": "contradicted"}]}) == []
    assert faults({**document, "claims": [{**claim, "verdict": "perhaps"}]})
    assert faults({**document, "claims": [{**claim, "why": ""}]})


def cell(document: dict[str, Any]) -> dict[str, Any]:
    """The first cell of a document."""
    found: dict[str, Any] = document["sections"][0]["cells"][0]
    return found


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda it: it.update(more=1), id="a key too many"),
        pytest.param(lambda it: it.pop("remarks"), id="a key too few"),
        pytest.param(lambda it: it.update(format_version=FORMAT_VERSION + 1), id="another format"),
        pytest.param(lambda it: it["run"].update(seed="7"), id="text for a number"),
        pytest.param(lambda it: cell(it).update(verdict="good"), id="another verdict"),
        pytest.param(lambda it: cell(it).update(requests=-1), id="a negative count"),
        pytest.param(lambda it: cell(it).update(requests=1.5), id="half a request"),
        pytest.param(lambda it: cell(it)["outcomes"].update(lost=1), id="another outcome"),
        pytest.param(lambda it: cell(it)["figures"].update(p75_ms=None), id="another figure"),
        pytest.param(lambda it: cell(it)["figures"]["avg_ms"].pop("lo"), id="no interval"),
        pytest.param(lambda it: cell(it)["figures"].update(avg_ms=0.4), id="a bare figure"),
        pytest.param(
            lambda it: it["sections"][0]["comparisons"][0].update(workload="x"),
            id="a comparison with what only A/A has",
        ),
        pytest.param(lambda it: it["against_itself"][0].pop("mode"), id="A/A without its load"),
        pytest.param(lambda it: it["against_itself"][0].update(x=1), id="A/A with more"),
        pytest.param(lambda it: it["servers"][0]["gate"].pop("tests"), id="a gate without tests"),
        pytest.param(lambda it: it["servers"][0].update(settings={}), id="settings without bare"),
    ],
)
def test_what_is_not_written_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    """One change to a right document, and it is wrong."""
    document = copy.deepcopy(written(with_twin()))
    assert faults(document) == []
    spoil(document)
    assert faults(document)


def values(enum: type[StrEnum]) -> set[str]:
    """What members of an enum are in JSON."""
    return {each.value for each in enum}


@pytest.mark.parametrize(
    ("expected", "described"),
    [
        (values(DoubtKind), KINDS["doubt_kind"]["enum"]),
        (set(EFFECTS.values()), KINDS["doubt"]["properties"]["effect"]["enum"]),
        (set(CONSIDERED), KINDS["moved"]["properties"]["figure"]["enum"]),
        (
            values(Role) - {Role.WARM_UP.value},
            KINDS["section"]["properties"]["compared_by"]["enum"],
        ),
        (values(Verdict), KINDS["cell"]["properties"]["verdict"]["enum"]),
        (values(Outcome), KINDS["cell"]["properties"]["outcomes"]["propertyNames"]["enum"]),
        (values(Mode), KINDS["mode"]["enum"]),
        (values(Replicates), KINDS["replicates"]["enum"]),
        (values(Pacing), KINDS["instrument"]["properties"]["pacing"]["enum"]),
        (
            values(Finding),
            KINDS["selftest"]["properties"]["claims"]["items"]["properties"]["finding"]["enum"],
        ),
        (
            {*ESTIMATES, "pss_idle_mib", *CORRECTED, "stalled_share"},
            KINDS["cell"]["properties"]["figures"]["required"],
        ),
        (
            {f"{size:.0%}" for size in DIFFERENCES},
            KINDS["compared"]["properties"]["power"]["required"],
        ),
        ({f"weighbridge.{KIND}"}, [SCHEMA["properties"]["format"]["const"]]),
        ({FORMAT_VERSION}, [SCHEMA["properties"]["format_version"]["const"]]),
    ],
)
def test_words_of_the_schema_are_those_of_the_program(
    expected: set[object], described: list[object]
) -> None:
    """What can be written later is described today."""
    assert len(set(described)) == len(described)
    assert set(described) == expected


def objects(schema: Any, name: str = "the document") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within one that has properties, with where it stands."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield name, schema
        for key, held in schema.items():
            yield from objects(held, key)
    if isinstance(schema, list):
        for held in schema:
            yield from objects(held, name)


def test_the_schema_is_strict() -> None:
    """No object takes keys that are not described, and each must have all that are always there."""
    for name, found in objects(SCHEMA):
        closed = (found.get("additionalProperties"), found.get("unevaluatedProperties"))
        assert False in closed or name in CLOSED_BY_OTHERS, name
        assert set(found["properties"]) - set(found["required"]) <= OPTIONAL, name
        assert set(found["required"]) <= set(found["properties"]), name


def test_every_property_is_described() -> None:
    """In words, where it stands or where it is defined."""
    for name, found in objects(SCHEMA):
        for key, held in found["properties"].items():
            kind = KINDS.get(str(held.get("$ref")).rpartition("/")[2], {})
            assert held.get("description") or kind.get("description"), (name, key)
