"""The tutorial's claims: each judged by what a run has shown, and by nothing else."""

from dataclasses import replace

import pytest

from bench.analysis.model import Judgement, TriedClaim
from bench.analysis.processes import STARTUP
from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.settings import AppSettingsRecord
from bench.facts.slice import Outcome, Verdict
from bench.report import table_columns
from bench.report.claims import CLAIMS, measured
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.run_page import page
from tests.build.runs import SEVEN, FakeServer, realistic, small
from tests.build.variants import with_a_cache, with_manifest

UVICORN, GUNICORN, *_ = SEVEN


def judged(facts: Facts, word: str) -> TriedClaim:
    """The claim that has this word in it."""
    (found,) = (claim for claim in summarize(facts).claims if word in CLAIMS[claim.claim])
    return found


def run_of(*kinds: FakeServer) -> Facts:
    """Five rounds of these servers."""
    return realistic(kinds, rotations=4)


def speaking(*protocols: str) -> Facts:
    """A run of hypercorn over some protocols."""
    names = {f"hypercorn@{protocol}": protocol for protocol in protocols}
    facts = run_of(*(replace(UVICORN, name=name, title=name) for name in names))
    servers = [
        replace(server, protocol=names[server.name], speaker="hypercorn")
        if server.name in names
        else server
        for server in facts.manifest.servers
    ]
    return with_manifest(facts, servers=tuple(servers), baseline=next(iter(names)))


def without_answers(facts: Facts, profile: str) -> Facts:
    """The same, but that no answer of one server is right."""
    slices = [
        replace(
            one,
            outcomes={Outcome.WRONG_BODY: sum(one.outcomes.values())},
            verdict=Verdict.INVALID,
        )
        if one.cell.profile == profile
        else one
        for one in facts.slices
    ]
    return replace(facts, slices=tuple(slices))


def test_a_run_of_other_servers_tests_no_claim() -> None:
    """And says so of each."""
    claims = summarize(small("granian", "own")).claims
    assert {claim.judgement for claim in claims} == {Judgement.NOT_TESTED}
    assert all(not claim.tests for claim in claims)


def test_an_app_of_ones_own_is_not_what_the_claims_are_about() -> None:
    """Its reports have nothing of them."""
    facts = run_of(UVICORN, GUNICORN)
    own = AppSettingsRecord(started_in="project")
    settings = replace(facts.manifest.settings, own_app=own)
    of_it = replace(facts.manifest, app="shop:app", settings=settings)
    summary = summarize(replace(facts, manifest=of_it))
    assert summary.claims == ()
    for report in (markdown(shaped(summary, [])), page(summary, [])):
        assert table_columns.CLAIMS_TITLE.encode() not in report


@pytest.mark.parametrize(
    ("pss_mib", "expected"),
    [(80, Judgement.SUPPORTED), (30, Judgement.CONTRADICTED), (52, Judgement.NOT_SHOWN)],
)
def test_memory_of_gunicorn(pss_mib: float, expected: Judgement) -> None:
    """More, less, and as much."""
    found = judged(run_of(UVICORN, replace(GUNICORN, pss_mib=pss_mib)), "memory")
    assert found.judgement is expected
    assert len(found.tests) == 1


@pytest.mark.parametrize(
    ("mean_ms", "expected"),
    [(1.35, Judgement.SUPPORTED), (0.1, Judgement.CONTRADICTED), (0.41, Judgement.NOT_SHOWN)],
)
def test_time_of_daphne(mean_ms: float, expected: Judgement) -> None:
    """Slower, faster, and as fast, at the common rate."""
    daphne = replace(UVICORN, name="daphne", title="daphne", mean_ms=mean_ms)
    found = judged(run_of(UVICORN, daphne), "daphne")
    assert found.judgement is expected
    assert measured(found)[0].startswith("median response time, daphne / uvicorn, get_item at")


@pytest.mark.parametrize(
    ("mean_ms", "expected"),
    [
        (0.46, Judgement.SUPPORTED),
        (0.51, Judgement.NOT_SHOWN),  # whether it is slight
        (0.41, Judgement.NOT_SHOWN),
        (1.35, Judgement.EXCEEDED),
        (0.1, Judgement.CONTRADICTED),
    ],
)
def test_how_much_slower_hypercorn_is(mean_ms: float, expected: Judgement) -> None:
    """Slightly is up to a bound; more is said to be more."""
    hypercorn = replace(UVICORN, name="hypercorn", title="hypercorn", mean_ms=mean_ms)
    facts = realistic((UVICORN, hypercorn), rotations=16)
    assert judged(facts, "baseline latency").judgement is expected


@pytest.mark.parametrize(
    ("protocols", "expected"),
    [
        (("h2", "h3"), Judgement.SUPPORTED),
        (("h2c", "h3"), Judgement.SUPPORTED),
        (("h2c", "h2"), Judgement.NOT_SHOWN),
        (("http/1.1", "https/1.1"), Judgement.NOT_TESTED),
    ],
)
def test_protocols_of_hypercorn(protocols: tuple[str, str], expected: Judgement) -> None:
    """Both must have been spoken in the run."""
    found = judged(speaking(*protocols), "QUIC")
    assert found.judgement is expected
    if expected is Judgement.SUPPORTED:
        assert "h3: " in measured(found)[-1]
        assert "requests answered correctly" in measured(found)[-1]


def test_a_protocol_over_which_no_answer_is_right() -> None:
    """The claim does not hold."""
    found = judged(without_answers(speaking("h2", "h3"), "hypercorn@h3"), "QUIC")
    assert found.judgement is Judgement.CONTRADICTED


@pytest.mark.parametrize(
    ("startup_ms", "cpu_us", "expected"),
    [
        (1400, 168, Judgement.SUPPORTED),
        (1400, 80, Judgement.NOT_SHOWN),  # one of both is not enough
        (300, 168, Judgement.CONTRADICTED),
        (1400, 40, Judgement.CONTRADICTED),
    ],
)
def test_start_and_overhead_of_uvicorn(
    startup_ms: float, cpu_us: float, expected: Judgement
) -> None:
    """Both must be shown, and nobody may be shown to be better at either."""
    uwsgi = replace(UVICORN, name="uwsgi", title="uWSGI", startup_ms=startup_ms, cpu_us=cpu_us)
    assert judged(run_of(UVICORN, uwsgi), "overhead").judgement is expected


def without(facts: Facts, mode: Mode) -> Facts:
    """The same, but without one of the loops."""
    return replace(facts, slices=tuple(one for one in facts.slices if one.cell.load.mode != mode))


def test_start_alone_does_not_show_that_uvicorn_is_light() -> None:
    """Without an open loop nothing is known of its overhead."""
    uwsgi = replace(UVICORN, name="uwsgi", title="uWSGI", startup_ms=1400)
    found = judged(without(run_of(UVICORN, uwsgi), Mode.OPEN), "overhead")
    assert [test.figure for test in found.tests] == [STARTUP]
    assert found.judgement is Judgement.NOT_SHOWN


def test_a_version_of_a_server_stands_for_it() -> None:
    """The first of several."""
    versions = (replace(UVICORN, name="uvicorn==0.54.0"), replace(GUNICORN, name="gunicorn==25.0"))
    facts = run_of(*versions)
    facts = with_manifest(facts, baseline="uvicorn==0.54.0")
    assert judged(facts, "memory").judgement is Judgement.SUPPORTED


@pytest.mark.parametrize(
    ("step", "expected"), [(2.0, Judgement.CONTRADICTED), (0.5, Judgement.SUPPORTED)]
)
def test_caching(step: float, expected: Judgement) -> None:
    """With a cache everything takes twice as long, or half."""
    found = judged(with_a_cache(step), "caching")
    assert found.judgement is expected
    assert len(found.tests) == 4


@pytest.mark.parametrize("mode", Mode)
def test_one_loop_alone_does_not_show_that_caching_helps(mode: Mode) -> None:
    """It is said to lower latency, and to raise throughput."""
    found = judged(without(with_a_cache(0.5), mode), "caching")
    assert len(found.tests) == 2
    assert found.judgement is Judgement.NOT_SHOWN
