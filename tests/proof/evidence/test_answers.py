"""A run's summary is held against what is known of its app."""

from dataclasses import replace
from importlib import import_module

import pytest

from bench.errors import UsageError
from bench.facts.load import Mode
from bench.facts.run import Machine
from bench.proof.known_answers.cases import CASES, chosen
from bench.proof.known_answers.judging import CaseResult, Count, Row, counted, judged
from bench.proof.known_answers.models import (
    Bound,
    Seen,
    Stalling,
    Truth,
    WaitingModel,
    Wanted,
    Working,
)
from bench.proof.known_answers.plain_clients import ab, ab_rate, kept_up
from bench.proof.known_answers.recursive_queue import TIMES
from bench.proof.known_answers.tables import bound_columns, document, interval_columns, verdict
from bench.run.request.resolve import resolve
from bench.stats.estimate import Estimate
from tests.build.options import OPTIONS

SEEN = Seen(offered_rps=300.0, connections=32, alone={"wrk": [2000.0, 2100.0]})
MACHINE = Machine(
    cpu="a CPU", cores=2, memory_bytes=2**30, kernel="Linux 6", python="CPython 3.13",
    virtual="KVM", server_cores=(0,), generator_cores=(1,),
)  # fmt: skip


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a tenth of the requests: no test here asks how exact the result is."""
    monkeypatch.setattr("bench.proof.known_answers.models.SIMULATED", 30_000)


def row(profile: str, mode: Mode, group: str = "", **figures: Estimate) -> Row:
    """A line of summary.csv; what is not named is absent."""
    names = ("throughput_rps", *TIMES, "cpu_us_per_request")
    line = {f"{name}{end}": "" for name in names for end in ("", "_lo", "_hi")}
    for name, estimate in figures.items():
        bounds = {"": estimate.value, "_lo": estimate.lo, "_hi": estimate.hi}
        line |= {f"{name}{end}": str(at) for end, at in bounds.items() if at is not None}
    return {
        **line,
        "profile": profile,
        "mode": mode.value,
        "offered_rate": "300" if mode is Mode.OPEN else "",
        "connections": "32",
        "group": group,
    }


def waited(average_ms: float) -> CaseResult:
    """A run of the app that awaits 50 ms."""
    rows = [
        row(
            "uvicorn",
            Mode.OPEN,
            throughput_rps=Estimate(310, 305, 315),
            avg_ms=Estimate(average_ms, average_ms - 0.5, average_ms + 0.5),
        ),
        row("uvicorn", Mode.CLOSED, throughput_rps=Estimate(630, 620, 640)),
    ]
    return judged(CASES["e50"], rows, {"uvicorn": {"wrk": [610.0, 625.0]}})


def test_an_interval_holds_what_is_known_or_does_not() -> None:
    """Each by itself; a figure without an interval is neither."""
    found = {(interval.mode, interval.figure): interval.held for interval in waited(50.4).intervals}
    assert found[Mode.OPEN, "throughput_rps"] is False
    assert found[Mode.OPEN, "avg_ms"] is True
    assert found[Mode.CLOSED, "throughput_rps"] is True
    assert found[Mode.OPEN, "p99_ms"] is None


@pytest.mark.parametrize(("average_ms", "met"), [(49.0, False), (50.4, True), (54.0, False)])
def test_a_criterion_is_of_the_figure_itself(average_ms: float, *, met: bool) -> None:
    """Above the wait, and not more than 5 % and 1 ms above it."""
    (bound,) = waited(average_ms).bounds
    assert bound.met is met


def stalled(rate_rps: float, *groups: str) -> CaseResult:
    """A run of the app that stands still at every 300th request, beside itself without stalls."""
    still = f"uvicorn+X={CASES['a'].stalls}"
    without, with_ = groups or ("a", "b")
    rate = Estimate(rate_rps, 0.95 * rate_rps, 1.05 * rate_rps)
    rows = [
        row("uvicorn", Mode.OPEN, p50_ms=Estimate(0.5)),
        row("uvicorn", Mode.CLOSED, without, throughput_rps=Estimate(5000, 4900, 5100)),
        row(still, Mode.OPEN),
        row(still, Mode.CLOSED, with_, throughput_rps=rate),
    ]
    alone = {"uvicorn": {"wrk": [5000.0, 5000.0]}, still: {"wrk": [1850.0, 1900.0]}}
    return judged(CASES["a"], rows, alone)


@pytest.mark.parametrize(
    ("rate_rps", "groups", "met"),
    [(1875, "ab", True), (7000, "ab", False), (1875, ("a", "a b"), False), (1875, ("", ""), False)],
)
def test_the_server_that_stands_still_must_be_the_slower_one(
    rate_rps: float, groups: tuple[str, str], *, met: bool
) -> None:
    """And told apart by the run's own comparison: a tie is a miss, and so is no comparison."""
    assert stalled(rate_rps, *groups).bounds[-1].met is met


def test_criteria_of_stalls_are_not_of_the_server_without() -> None:
    """But for throughput, which plain clients know of both."""
    bounds = [Bound(Mode.OPEN, "p95_ms", "100 to 320 ms", 100, 320)]
    case = replace(CASES["b"], wanted=Wanted(bounds=bounds))
    still = f"uvicorn+X={case.stalls}"
    rows = [row(name, mode) for name in ("uvicorn", still) for mode in Mode]
    assert [bound.profile for bound in judged(case, rows, {}).bounds] == [still]


def test_an_app_that_stands_still_by_itself_is_known_but_for_its_median() -> None:
    """Nothing says what a request takes beside its queue."""
    rows = [row("uvicorn", mode) for mode in Mode]
    found = judged(CASES["i"], rows, {"uvicorn": {"wrk": [4000.0]}})
    opened = [interval.figure for interval in found.intervals if interval.mode is Mode.OPEN]
    assert opened == ["throughput_rps", "avg_ms", "p90_ms", "p95_ms", "p99_ms"]
    assert len(found.bounds) == 2


def test_times_of_stalls_are_moved_by_what_a_request_takes_beside_its_queue() -> None:
    """As the run says of the server without: 0.3 ms more than its 0.2 ms of service."""
    queue = replace(SEEN, stalls="never", bare=[5000.0], bare_p50_ms=0.5)
    assert {figure for _, figure, _ in Stalling().truths(queue)} == {"throughput_rps", "avg_ms"}
    known = {
        (mode, figure): truth
        for mode, figure, truth in Stalling().truths(replace(queue, stalls="load/4/0.4"))
    }
    assert known[Mode.OPEN, "p50_ms"].lo == pytest.approx(0.5, abs=0.01)
    # Catching up takes 26 ms more: of 4 s, 0.426 * (1 - t / 0.4) is slower than t.
    assert known[Mode.OPEN, "p95_ms"].lo == pytest.approx(212, rel=0.05)
    assert known[Mode.OPEN, "p99_ms"].lo == pytest.approx(362, rel=0.05)
    assert known[Mode.CLOSED, "avg_ms"] == Truth(32_000 / 2100, 16.0, "wrk, Little's law")


def test_of_a_mix_each_percentile_is_of_one_kind_or_the_other() -> None:
    """3 % of 1.5 s: p95 is at once, p99 is a wait, the average is between."""
    model = WaitingModel(1500, share=0.03)
    known = {f: t.hi for m, f, t in model.truths(SEEN) if m is Mode.OPEN}
    assert known == {
        "throughput_rps": 300, "avg_ms": pytest.approx(46.045),
        "p50_ms": 1.5, "p90_ms": 1.5, "p95_ms": 1.5, "p99_ms": pytest.approx(1503),
    }  # fmt: skip
    by_the_wait = {f: (t.lo, t.hi) for m, f, t in model.truths(SEEN) if m is Mode.CLOSED}
    assert by_the_wait["avg_ms"] == pytest.approx((44.955, 46.045))
    assert by_the_wait["throughput_rps"] == pytest.approx((694.97, 711.82), rel=1e-4)


def test_work_after_answers_is_in_no_answer_of_its_own() -> None:
    """At one request a second, few find the server at its work: 4 ms of it, after 1 ms."""
    seen = replace(SEEN, offered_rps=1.0, alone={"wrk": [200.0]})
    known = {figure: truth.lo for mode, figure, truth in Working(4.0).truths(seen)}
    assert known["p99_ms"] == pytest.approx(1.0)
    assert known["avg_ms"] == pytest.approx(1.01, abs=0.01)
    assert "p50_ms" not in known


def test_without_plain_clients_closed_loops_are_not_known() -> None:
    """The cells stay empty; nothing fails."""
    for model in (Stalling(), WaitingModel(10), Working(4.0)):
        known = list(model.truths(replace(SEEN, alone={})))
        assert all(mode is Mode.OPEN for mode, _, _ in known)


def test_as_many_may_miss_as_chance_makes_miss() -> None:
    """The binomial law: of 100 intervals of 95 %, more than 9 miss in 2.8 % of all series."""
    assert Count(91, 100).most_missed == 9
    assert Count(91, 100).at_their_rate
    assert not Count(90, 100).at_their_rate
    assert Count(0, 0).at_their_rate


def test_tables_say_each_truth_and_each_criterion() -> None:
    """A line each, no server under the name of a setting; and the machine, without its name."""
    found = stalled(1875)
    by_title = {column.title: column.cells for column in interval_columns(found.intervals)}
    assert set(by_title["server"]) == {"uvicorn", "uvicorn, no stalls"}
    assert {"yes", "\N{EN DASH}"} == set(by_title["held"])
    assert [column.cells[-1] for column in bound_columns(found.bounds)][-1] == "yes"
    count = counted(found.intervals)
    assert f"{count.held} of {count.of} intervals" in verdict(found)
    text = document(found, MACHINE)
    assert "Machine: a CPU, 2 cores, Linux 6, CPython 3.13, virtual." in text
    assert "stalls for 100 ms at every 300th request" in text


def test_cases_are_chosen_by_name() -> None:
    """Once each, all where none is named."""
    assert [case.name for case in chosen("e50, a,e50")] == ["e50", "a"]
    assert list(CASES) == [case.name for case in chosen(None)]
    with pytest.raises(UsageError, match="case 'zz' is unknown; known: a, b, c, e10"):
        chosen("a,zz")


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_a_run_that_can_be_made(name: str) -> None:
    """Its servers run its app, and its workload has a GET to be ready by."""
    case = CASES[name]
    wanted = resolve(case.options(replace(OPTIONS, tests="none", rounds=5), None))
    assert wanted.readiness is not None
    assert wanted.settings.timing.budget_s == case.budget_s
    beside = case.stalls is not None and not case.by_itself
    assert len(wanted.profiles) == len(case.servers.split(",")) * (1 + beside)


@pytest.mark.parametrize("name", CASES)
def test_the_app_of_every_case_is_where_it_says(name: str) -> None:
    """For ASGI, and for WSGI where it has one."""
    options = CASES[name].options(OPTIONS, None)
    for app in filter(None, (options.app, options.wsgi_app)):
        module, _, attribute = app.partition(":")
        assert callable(getattr(import_module(module), attribute))


def test_what_ab_says_is_read() -> None:
    """Its rate; what it counts as failed is no rate."""
    said = "Complete requests:      9\nFailed requests:        0\nRequests per second:    7486.22 [#/sec] (mean)\n"  # noqa: E501 - as it prints
    assert ab_rate(said) == 7486.22
    with pytest.raises(ValueError, match="Failed requests"):
        ab_rate(said.replace("        0", "        3"))
    with pytest.raises(ValueError, match="Non-2xx responses"):
        ab_rate(said + "Non-2xx responses:      9\n")
    with pytest.raises(ValueError, match="it printed no rate"):
        ab_rate("apr_socket_recv: Connection refused")
    assert ab("ab", 32).arguments("http://x/", 10)[1:4] == ["-q", "-c32", "-t10"]


def test_what_a_server_keeps_up_is_counted_until_it_is_idle() -> None:
    """5,000 requests that were answered in 10 s, and done in 20, are 250/s; an instant is none."""
    assert kept_up(500.0, 10.0) == 250.0
    assert kept_up(500.0, 0.5) == 500.0
