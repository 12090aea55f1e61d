"""Facts become figures, verdicts, ranks and sentences; invalid slices become none of these."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.domain import (
    Cell,
    Claim,
    Doubt,
    DoubtKind,
    Facts,
    Finding,
    Gate,
    Instrument,
    Load,
    Mode,
    Outcome,
    Pacing,
    SelfTest,
    Slice,
    Verdict,
)
from bench.stats.estimate import Replicates
from bench.summary import CellRow, Summary, summarize
from tests.report.factory import CLOSED, OPEN, SEVEN, START, piece, realistic, small, troubled

WRONG = Doubt(DoubtKind.WRONG_RESPONSES, 0.2, fatal=True)


def row(summary: Summary, profile: str, mode: Mode = Mode.OPEN) -> CellRow:
    """The row of one profile."""
    return next(
        row
        for section in summary.sections
        if section.load.mode is mode
        for row in section.rows
        if row.profile == profile
    )


def changed(facts: Facts, change: Callable[[int, Slice], Slice]) -> Facts:
    """The same facts with every slice of daphne in open loop changed, given its number."""
    number = 0
    slices = []
    for one in facts.slices:
        if one.cell.profile == "daphne" and one.cell.load.mode is Mode.OPEN:
            slices.append(change(number, one))
            number += 1
        else:
            slices.append(one)
    return replace(facts, slices=tuple(slices))


def test_times_are_of_all_slices_pooled() -> None:
    """Answers of 1 and 3 ms have an average of 2, a p50 of 1 and a p95 of 3."""
    figures = row(summarize(small()), "uvicorn").figures
    found = [figures.get(name) for name in ("avg_ms", "p50_ms", "p95_ms")]
    assert [one and one.value for one in found] == pytest.approx([2, 1, 3], rel=1e-3)


def test_throughput_is_answers_over_windows() -> None:
    """1,000 answers in each window of half a second are 2,000 a second."""
    throughput = row(summarize(small()), "uvicorn", Mode.CLOSED).figures.throughput_rps
    assert throughput is not None
    assert throughput.value == pytest.approx(2000)


def test_open_loop_counts_from_when_a_request_was_due() -> None:
    """Times are response times in open loop, though service times are known too."""
    cell = Cell("uvicorn", "get_item", OPEN)
    slow, quick = piece(cell, 1, 0, [9_000_000]), piece(cell, 1, 0, [1_000_000])
    facts = replace(small(), slices=(replace(slow, service=quick.service),))
    average = row(summarize(facts), "uvicorn").figures.avg_ms
    assert average is not None
    assert average.value == pytest.approx(9, rel=1e-3)


def test_processor_time_is_over_requests_answered_in_it() -> None:
    """160 us for 2 requests are 80 us a request."""
    cpu = row(summarize(small()), "uvicorn").figures.cpu_us_per_request
    assert cpu is not None
    assert cpu.value == pytest.approx(80)


def test_memory_and_start_belong_to_the_profile() -> None:
    """Start-up and memory are means over launches and drains, in ms and MiB."""
    figures = row(summarize(small()), "daphne").figures
    found = [figures.get(name) for name in ("startup_ms", "pss_idle_mib", "pss_mib")]
    assert [one and one.value for one in found] == pytest.approx([600, 50, 60])


def test_warm_up_never_counts() -> None:
    """A slice of warm-up enters neither figures nor counts."""
    facts = changed(small(), lambda n, one: replace(one, warm_up=n == 0))
    assert row(summarize(facts), "daphne").slices_counted == 2


def test_invalid_slices_are_counted_but_enter_no_figure() -> None:
    """One invalid slice of three leaves two for the figures; its failures are still told."""
    facts = changed(
        small(),
        lambda n, one: (
            replace(one, verdict=Verdict.INVALID, outcomes={Outcome.RESET: 7}, doubts=(WRONG,))
            if n == 0
            else one
        ),
    )
    found = row(summarize(facts), "daphne")
    assert (found.slices, found.slices_counted, found.failures) == (2, 3, 7)
    assert found.verdict is Verdict.SUSPECT


def test_mostly_invalid_is_invalid_and_has_a_reason_in_place_of_figures() -> None:
    """With two of three slices invalid there is no figure and no rank, but a reason."""
    facts = changed(
        small(),
        lambda n, one: replace(one, verdict=Verdict.INVALID, doubts=(WRONG,)) if n else one,
    )
    found = row(summarize(facts), "daphne")
    assert found.verdict is Verdict.INVALID
    assert found.figures.avg_ms is None
    assert found.rank is None
    assert found.reason == (
        "2 of 3 slices invalid: 20.000% of the requests failed or were answered wrongly"
    )


@pytest.mark.parametrize(
    ("expected", "affected"), [(Verdict.VALID, 1), (Verdict.VALID, 2), (Verdict.SUSPECT, 3)]
)
def test_a_doubt_in_more_than_one_slice_in_twenty_makes_a_cell_suspect(
    expected: Verdict, affected: int
) -> None:
    """Two disturbed slices of forty are named and forgiven, three are not."""
    doubt = Doubt(DoubtKind.STOLEN_CPU, 0.1)
    facts = changed(
        small(rounds=5, rotations=8),
        lambda n, one: replace(one, doubts=(doubt,) if n < affected else ()),
    )
    found = row(summarize(facts), "daphne")
    assert found.verdict is expected
    assert [(d.kind, d.slices, d.of) for d in found.doubts] == [
        (DoubtKind.STOLEN_CPU, affected, 40)
    ]


@pytest.mark.parametrize(
    ("expected", "kind"), [(0.9, DoubtKind.STOLEN_CPU), (0.2, DoubtKind.LITTLES_LAW)]
)
def test_the_worst_value_is_the_farthest_from_innocence(expected: float, kind: DoubtKind) -> None:
    """Of shares that ought to be whole the lowest is the worst, of all others the highest."""
    facts = changed(small(), lambda n, one: replace(one, doubts=(Doubt(kind, (0.2, 0.5, 0.9)[n]),)))
    assert row(summarize(facts), "daphne").doubts[0].worst == expected


def test_a_server_that_failed_its_gate_has_a_row_and_a_reason() -> None:
    """A profile without slices is not dropped: its row says why there is no figure."""
    found = row(summarize(troubled(realistic(rounds=1, rotations=1))), "gunicorn-asgi")
    assert found.reason == "gate failed: 1 of 2 tests"


def test_a_server_that_did_not_start_has_a_row_and_a_reason() -> None:
    """What kept the suite from running stands in the place of figures."""
    facts = small()
    gates = (facts.gates[0], Gate("daphne", error="exit code 1\nTraceback ..."))
    slices = tuple(one for one in facts.slices if one.cell.profile != "daphne")
    found = row(summarize(replace(facts, gates=gates, slices=slices)), "daphne")
    assert found.reason == "the gate could not be run: exit code 1"


def test_the_best_comes_first_and_the_headline_says_by_how_much_the_last_is_behind() -> None:
    """A run without noise shows its difference, and the sentence has ratio and interval."""
    section = summarize(small("uvicorn", "daphne")).sections[0]
    assert [(r.profile, r.rank and r.rank.place) for r in section.rows] == [
        ("uvicorn", 1),
        ("daphne", 2),
    ]
    assert section.headline == (
        "At 2,400 requests/s (get_item): uvicorn has the shortest average response time; "
        "the slowest, daphne, takes 2.00 (2.00 to 2.00) times the average response time of uvicorn."
    )


def test_equal_servers_are_not_put_in_an_order() -> None:
    """Two copies of one server share the first rank, and no difference is claimed."""
    twins = (SEVEN[0], replace(SEVEN[0], name="uvicorn-again"))
    section = summarize(realistic(twins, rounds=3, rotations=4)).sections[0]
    assert [r.rank and (r.rank.place, r.rank.tied) for r in section.rows] == [(1, True)] * 2
    assert "no difference shown between" in section.headline
    assert "could not have been shown" in section.headline


def test_closed_loop_ranks_by_throughput() -> None:
    """Over connections kept busy, more answers a second are better."""
    section = summarize(small("uvicorn", "daphne")).sections[1]
    assert section.ranked_by == "throughput_rps"
    assert [r.profile for r in section.rows] == ["uvicorn", "daphne"]
    assert section.headline == (
        "With 32 connections (get_item): uvicorn answers the most requests; the slowest, "
        "daphne, reaches 0.500 (0.500 to 0.500) times the throughput of uvicorn."
    )


def test_a_missing_baseline_is_not_missed() -> None:
    """Without figures of the baseline the last is set against the best."""
    facts = small("uvicorn", "daphne")
    facts = replace(facts, manifest=replace(facts.manifest, baseline="gone"))
    section = summarize(facts).sections[0]
    assert section.against("gone") == {}
    assert section.headline.endswith("times the average response time of uvicorn.")


def test_one_server_has_nothing_to_be_compared_with() -> None:
    """The headline of a run of one server claims nothing."""
    assert "nothing to compare" in summarize(small("uvicorn")).sections[0].headline


@pytest.mark.parametrize(
    ("rounds", "rotations", "replicates", "remark"),
    [
        (3, 1, Replicates.ROUNDS, None),
        (2, 2, Replicates.SLICES, "process-to-process variation not included"),
        (1, 1, Replicates.NONE, "there are no intervals"),
    ],
)
def test_too_few_rounds_are_remarked_upon(
    rounds: int, rotations: int, replicates: Replicates, remark: str | None
) -> None:
    """With fewer than three rounds the run says what its intervals leave out."""
    found = summarize(small(rounds=rounds, rotations=rotations))
    assert found.replicates is replicates
    assert [remark in text for text in found.remarks if remark] == ([True] if remark else [])


@pytest.mark.parametrize(
    ("expected", "ending"),
    [("was cut off", None), ("was interrupted", "interrupted")],
)
def test_an_early_end_is_remarked_upon(expected: str, ending: str | None) -> None:
    """A report of an unfinished run says so."""
    assert expected in summarize(replace(small(), ending=ending)).remarks[0]


def test_a_shared_core_is_remarked_upon() -> None:
    """Generator and servers on one core put the generator's cost into every figure."""
    facts = small()
    machine = replace(facts.manifest.machine, server_cores=(0,), generator_cores=(0,))
    facts = replace(facts, manifest=replace(facts.manifest, machine=machine))
    assert "shared their cores" in summarize(facts).remarks[0]


def test_a_skipped_gate_is_remarked_upon() -> None:
    """Without a gate nobody has proved that the answers are right."""
    facts = small()
    gates = tuple(Gate(gate.profile, skipped=True) for gate in facts.gates)
    (remark,) = summarize(replace(facts, gates=gates)).remarks
    assert remark.startswith("Not gated: ")


def test_open_loop_comes_before_closed_and_light_before_heavy() -> None:
    """Sections stand in the order of the plan's workloads, then by mode and load."""
    loads = (Load(Mode.CLOSED, 64), Load(Mode.OPEN, 32, 900.0), Load(Mode.OPEN, 32, 80.0), CLOSED)
    slices = tuple(
        piece(Cell("uvicorn", workload, load), 1, 0, [1000])
        for workload in ("b", "a")
        for load in loads
    )
    found = summarize(replace(small(), slices=slices, rates={"b": 1.0, "a": 1.0})).sections
    assert [s.workload for s in found] == ["b"] * 4 + ["a"] * 4
    assert [s.load.offered_rate or s.load.connections for s in found[:4]] == [80, 900, 32, 64]


def test_a_run_without_slices_has_no_sections_and_says_so() -> None:
    """No finished slice is a remark, not an error."""
    found = summarize(replace(small(), slices=()))
    assert found.sections == ()
    assert any("No slice was finished" in remark for remark in found.remarks)


def proof(*findings: Finding) -> SelfTest:
    """A self-test with one claim for each finding."""
    claims = tuple(Claim("g", f"claim {n}", "x", "y", each) for n, each in enumerate(findings))
    return SelfTest("short", START.isoformat(), 8.0, claims, 50_000.0, 32)


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((Finding.HOLDS, Finding.NOTED), None),
        ((Finding.HOLDS, Finding.FAILS), "failed its self-test on this machine: claim 1 (y)"),
        ((Finding.DISTURBED,), "could not prove itself, because the machine was disturbed"),
        ((Finding.DISTURBED, Finding.FAILS), "failed its self-test on this machine: claim 1 (y)"),
    ],
)
def test_a_failed_self_test_heads_the_report(
    findings: tuple[Finding, ...], said: str | None
) -> None:
    """What failed is named; what could not be tested is said to be that, and no failure."""
    facts = small()
    facts = replace(facts, manifest=replace(facts.manifest, selftest=proof(*findings)))
    found = summarize(facts).self_distrust
    assert (found is None) is (said is None)
    assert said is None or said in (found or "")


def test_many_claims_that_failed_are_counted() -> None:
    """The first are named; the table of the self-test has them all."""
    facts = small()
    failed = proof(*[Finding.FAILS] * 5)
    facts = replace(facts, manifest=replace(facts.manifest, selftest=failed))
    assert "claim 2 (y); and 2 more. The figures" in (summarize(facts).self_distrust or "")


def test_a_skipped_self_test_is_remarked_upon() -> None:
    """Not proved is not failed."""
    facts = small()
    facts = replace(facts, manifest=replace(facts.manifest, selftest=None))
    summary = summarize(facts)
    assert summary.self_distrust is None
    assert "self-test was skipped" in " ".join(summary.remarks)


def test_what_the_platform_lacks_is_remarked_upon() -> None:
    """Once, however many slices depend on it."""
    lacking = Instrument(Pacing.POLL, "", kernel_timestamps=False, cores=1)
    facts = small()
    facts = replace(facts, manifest=replace(facts.manifest, instrument=lacking))
    told = " ".join(summarize(facts).remarks)
    assert told.count("no timerfd") == told.count("stamped no answers") == 1


def test_the_parts_of_the_response_time_are_told_apart() -> None:
    """Waiting, send lag, service, and the client's delay; the network and the generator's cost."""
    found = summarize(small()).sections[0].rows[0].attribution
    assert found is not None
    assert found.connection_wait is not None
    assert found.send_lag is not None
    assert found.service is not None
    assert found.client_delay is not None
    assert found.connection_wait.max_ms == 0
    assert found.send_lag.p99_ms == pytest.approx(0.04, rel=1e-3)
    assert found.service.avg_ms == pytest.approx(2.0 - 0.04, rel=1e-3)
    assert found.client_delay.count == 3
    assert found.client_delay.p50_ms == pytest.approx(0.1, rel=1e-3)
    assert found.network_ms == pytest.approx(0.005)
    assert found.generator_cpu_us_per_request == pytest.approx(9.0)
    assert (found.preemptions, found.collections) == (6, 0)


def test_corrected_figures_stand_beside_the_raw_ones() -> None:
    """They end when the kernel received the answer; without stamps there are none."""
    figures = summarize(small()).sections[0].rows[0].figures
    assert figures.corrected_p95_ms is not None
    assert figures.corrected_p95_ms.value == pytest.approx(0.9, rel=1e-3)
    facts = small()
    blind = tuple(replace(one, corrected=None, client_delay=None) for one in facts.slices)
    without = summarize(replace(facts, slices=blind)).sections[0].rows[0]
    assert without.figures.corrected_p95_ms is None
    assert without.figures.p95_ms is not None
    assert without.attribution is not None
    assert without.attribution.client_delay is None
