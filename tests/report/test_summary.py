"""Facts become figures, verdicts, ranks and sentences; invalid slices become none of these."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.analysis.model import CellRow, Summary
from bench.analysis.note import PlainNote
from bench.analysis.summary import summarize
from bench.facts.load import Cell, Load, Mode
from bench.facts.run import Facts, Instrument, Pacing, Resumption
from bench.facts.selftest import Claim, Finding, SelfTest
from bench.facts.server import Drain, Gate, IdleConnections
from bench.facts.settings import Timing
from bench.facts.slice import Doubt, DoubtKind, Outcome, Role, Slice, Verdict
from bench.report.absences import reason
from bench.report.cells import compared
from bench.report.circumstances import circumstances
from bench.report.headline import headline
from bench.report.notes import notes, warnings
from bench.report.run_page.content import content
from bench.report.table_columns import ratio
from bench.report.words import exactness_caption, interval_note, procedure
from bench.stats.estimate import Replicates
from tests.build.runs import EACH, SEVEN, realistic, small
from tests.build.slices import CLOSED, OPEN, START, slice_of
from tests.build.variants import failing, with_manifest, with_settings, with_slices, with_twin

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
    slow, quick = slice_of(cell, 1, 0, [9_000_000]), slice_of(cell, 1, 0, [1_000_000])
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


def test_what_an_idle_websocket_weighs() -> None:
    """By the bytes of 1,000 of them; nothing where the server became lighter, or none was open."""
    heavier, lighter = IdleConnections(1000, 10_000, 1_034_000), IdleConnections(1000, 9_000, 8_000)
    found = []
    for idle in (heavier, lighter, None):
        drains = (Drain("daphne", 1, None, killed=False, idle=idle),)
        facts = replace(small(), drains=drains)
        found.append(row(summarize(facts), "daphne").figures.idle_connection_kib)
    assert [each and each.value for each in found] == [1.0, None, None]


def test_warm_up_never_counts() -> None:
    """A slice of warm-up enters neither figures nor counts."""
    facts = changed(small(), lambda n, one: replace(one, role=one.role if n else Role.WARM_UP))
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
    assert reason(found) == (
        "2 of 3 slices invalid: 20.000% of the requests failed or got a wrong response"
    )


@pytest.mark.parametrize(("waiting", "grew"), [((21, 21), True), ((21, 3), False), ((1, 1), False)])
def test_a_queue_that_grew_over_all_slices_leaves_no_figure(
    waiting: tuple[int, int], *, grew: bool
) -> None:
    """What chance may explain in a slice of few requests, it does not in all of them together."""
    facts = changed(
        small(rotations=20),
        lambda n, one: replace(one, outcomes={Outcome.OK: 100}, waiting_at_end=waiting[n % 2]),
    )
    found = row(summarize(facts), "daphne")
    assert (found.verdict is Verdict.INVALID) is grew
    assert (found.figures.avg_ms is None) is grew
    assert (found.rank is None) is grew
    if grew:
        assert reason(found) == (
            "over 60 slices, the queue was growing: the number of waiting requests rose by "
            "20% of those that were due"
        )


@pytest.mark.parametrize(("right", "wrong"), [("0", "1,200"), ("30", "1,170")])
def test_where_hardly_any_was_right_the_reason_says_what_came(right: str, wrong: str) -> None:
    """How many, and the first of them in words; not merely that all failed."""
    said = "GET /items/1: expected status 200, got 429: b'slow down'"
    facts = changed(
        small(),
        lambda _, one: replace(
            one, verdict=Verdict.INVALID, doubts=(WRONG,), errors=(said,),
            outcomes={
                Outcome.OK: int(right) // 3,
                Outcome.WRONG_STATUS: 400 - int(right) // 3,
                Outcome.TIMEOUT: 5,
            },
        ),
    )  # fmt: skip
    assert reason(row(summarize(facts), "daphne")) == (
        f"3 of 3 slices invalid: {right} of 1,215 requests answered correctly, {wrong} wrong "
        f"status and 15 timeout; first: {said}"
    )


@pytest.mark.parametrize(
    ("expected", "kind"), [(0.9, DoubtKind.STOLEN_CPU), (0.2, DoubtKind.LITTLES_LAW)]
)
def test_the_worst_value_is_the_farthest_from_innocence(expected: float, kind: DoubtKind) -> None:
    """Of shares that ought to be whole the lowest is the worst, of all others the highest."""
    facts = changed(small(), lambda n, one: replace(one, doubts=(Doubt(kind, (0.2, 0.5, 0.9)[n]),)))
    assert row(summarize(facts), "daphne").doubts[0].worst == expected


def test_a_server_that_failed_its_gate_has_a_row_and_a_reason() -> None:
    """A profile without slices is not dropped: its row says why there is no figure."""
    found = row(summarize(failing(realistic(rounds=1, rotations=1))), "gunicorn-asgi")
    assert reason(found) == "gate failed: 1 of 2 tests"


def test_a_server_that_did_not_start_has_a_row_and_a_reason() -> None:
    """What kept the suite from running stands in the place of figures."""
    facts = small()
    gates = (facts.gates[0], Gate("daphne", error="exit code 1\nTraceback ..."))
    slices = tuple(one for one in facts.slices if one.cell.profile != "daphne")
    found = row(summarize(replace(facts, gates=gates, slices=slices)), "daphne")
    assert reason(found) == "the gate could not be run: exit code 1"


def test_the_best_comes_first_and_the_headline_says_by_how_much_the_last_is_behind() -> None:
    """A run without noise shows its difference, and the sentence has ratio and interval."""
    section = summarize(small("uvicorn", "daphne")).sections[0]
    assert [(r.profile, r.rank and r.rank.place) for r in section.rows] == [
        ("uvicorn", 1),
        ("daphne", 2),
    ]
    assert headline(section, "uvicorn") == (
        "At 2,400 requests/s (get_item): uvicorn has the shortest median response time; "
        "the slowest, daphne, takes 2.00 (2.00 to 2.00) times the median response time of uvicorn."
    )


def test_equal_servers_are_not_put_in_an_order() -> None:
    """Two copies of one server share the first rank, and no difference is claimed."""
    twins = (SEVEN[0], replace(SEVEN[0], name="uvicorn-again"))
    section = summarize(realistic(twins, rounds=3, rotations=4)).sections[0]
    assert [r.rank and (r.rank.place, r.rank.tied) for r in section.rows] == [(1, True)] * 2
    assert "no difference shown between" in headline(section, "uvicorn")
    assert re.search(
        r"\(only differences of more than [0-9.]+% could have been shown\)\.$",
        headline(section, "uvicorn"),
    )


def test_closed_loop_ranks_by_throughput() -> None:
    """Over connections kept busy, more answers a second are better."""
    section = summarize(small("uvicorn", "daphne")).sections[1]
    assert section.ranked_by == "throughput_rps"
    assert [r.profile for r in section.rows] == ["uvicorn", "daphne"]
    assert headline(section, "uvicorn") == (
        "With 32 connections (get_item): uvicorn has the highest throughput; the slowest, "
        "daphne, reaches 0.500 (0.500 to 0.500) times the throughput of uvicorn."
    )


def test_a_missing_baseline_is_not_missed() -> None:
    """Without figures of the baseline the last is set against the best."""
    facts = small("uvicorn", "daphne")
    facts = with_manifest(facts, baseline="gone")
    section = summarize(facts).sections[0]
    assert section.against("gone") == {}
    assert headline(section, "gone").endswith("times the median response time of uvicorn.")


def test_one_server_has_nothing_to_be_compared_with() -> None:
    """The headline of a run of one server claims nothing."""
    assert "nothing to compare" in headline(summarize(small("uvicorn")).sections[0], "uvicorn")


@pytest.mark.parametrize(
    ("rounds", "rotations", "replicates", "remark"),
    [
        (3, 1, Replicates.ROUNDS, None),
        (2, 2, Replicates.SLICES, "process-to-process variation is not included"),
        (1, 1, Replicates.NONE, "there are no intervals"),
    ],
)
def test_too_few_rounds_are_remarked_upon(
    rounds: int, rotations: int, replicates: Replicates, remark: str | None
) -> None:
    """With fewer than three rounds the run says what its intervals leave out."""
    found = summarize(small(rounds=rounds, rotations=rotations))
    assert found.replicates is replicates
    assert [remark in text for text in notes(found) if remark] == ([True] if remark else [])


def test_what_was_measured_once_is_not_called_a_tie() -> None:
    """It was never tested, and there are no intervals: every sentence says so."""
    found = summarize(small(rounds=1))
    [pair] = found.sections[0].pairs
    assert ratio(pair).startswith("not tested, ")
    assert "not tested, " in str(compared(pair))
    said = headline(found.sections[0], "uvicorn")
    assert said.endswith(
        "could not be compared (too few slices to show any difference; give more --rounds)."
    )
    assert interval_note(found) == (
        "There are no confidence intervals, because nothing was measured more than once."
    )


@pytest.mark.parametrize(
    ("expected", "ending"),
    [("was cut off", None), ("was interrupted", "interrupted")],
)
def test_an_early_end_is_remarked_upon(expected: str, ending: str | None) -> None:
    """A report of an unfinished run says so."""
    assert expected in notes(summarize(replace(small(), ending=ending)))[0]


@pytest.mark.parametrize(
    ("wanted", "ending", "told"), [(5, "finished", True), (3, "finished", False), (5, None, False)]
)
def test_rounds_that_did_not_fit_are_remarked_upon(
    wanted: int, ending: str | None, *, told: bool
) -> None:
    """A budget may hold fewer than were asked for; an early end is another matter."""
    facts = with_settings(small(rounds=3), rounds=wanted)
    remarks = " ".join(notes(summarize(replace(facts, ending=ending))))
    assert ("3 of 5 rounds fit into the budget: " in remarks) is told


def test_what_a_budget_went_into_is_remarked_upon() -> None:
    """Starting servers that load long, and waiting for one that never was ready."""
    facts = with_settings(small(rounds=1), rounds=5, timing=Timing(budget_s=10.0))
    names = [one.profile for one in facts.launches]
    launches = tuple(replace(one, startup_ns=25 * 10**9) for one in facts.launches[1:])
    lost = replace(facts.drains[0], failure="was not ready")
    slow = replace(facts, launches=launches, drains=(lost, *facts.drains[1:]))
    late = replace(slow, slices=tuple(replace(one, ended_s=88.0) for one in slow.slices))
    [said] = [text for text in notes(summarize(late)) if "rounds fit" in text]
    starting_s = 25 * (len(names) - 1)
    assert said.startswith(
        "1 of 5 rounds fit into the budget, and took 88 s where --budget was 10 s: starting "
        f"the servers took {starting_s} s a round ({names[1]} 25 s"
    )
    assert f"others never became ready ({names[0]})" in said
    assert re.search(r"--budget \d{3}s has time for all 5, or give fewer --servers\.$", said)


@pytest.mark.parametrize(("ended_s", "is_said"), [(2.0, True), (880.0, False)])
def test_the_budget_that_the_run_said_is_enough_is_the_reports(
    ended_s: float, *, is_said: bool
) -> None:
    """Unless rounds took longer than was expected then."""
    facts = with_settings(small(rounds=1), rounds=5, timing=Timing(budget_s=10.0))
    slices = tuple(replace(one, ended_s=ended_s) for one in facts.slices)
    facts = replace(facts, slices=slices, enough_s=777.0)
    [text] = [text for text in notes(summarize(facts)) if "rounds fit" in text]
    assert ("--budget 777s has time for all 5" in text) is is_said
    assert "has time for all 5" in text


def test_no_budget_is_named_where_the_first_round_is_not_on_disk() -> None:
    """It is what the others are judged by."""
    facts = with_settings(replace(small(rounds=3), launches=(), cuts={}), rounds=5)
    [said] = [text for text in notes(summarize(facts)) if "rounds fit" in text]
    assert said.endswith(". Give more --budget, or give fewer --servers.")


def test_a_server_that_never_rests_is_remarked_upon() -> None:
    """It is measured alone, and its work is not all in its figures."""
    facts = small()
    first, *others = facts.slices
    assert "Measured with no other server running" not in " ".join(notes(summarize(facts)))
    restless = replace(facts, slices=(replace(first, settled=False), *others))
    assert f"after its load: {first.cell.profile}." in " ".join(notes(summarize(restless)))


def test_a_shared_core_is_remarked_upon() -> None:
    """Generator and servers on one core put the generator's cost into every figure."""
    facts = small()
    machine = replace(facts.manifest.machine, server_cores=(0,), generator_cores=(0,))
    facts = with_manifest(facts, machine=machine)
    assert "shared cores" in notes(summarize(facts))[0]


def test_a_skipped_gate_is_remarked_upon() -> None:
    """Without a gate nobody has proved that the answers are right."""
    facts = small()
    gates = tuple(Gate(gate.profile, skipped=True) for gate in facts.gates)
    (remark,) = notes(summarize(replace(facts, gates=gates)))
    assert remark.startswith("Not gated: ")


def test_open_loop_comes_before_closed_and_light_before_heavy() -> None:
    """Sections stand in the order of the plan's workloads, then by mode and load."""
    loads = (Load(Mode.CLOSED, 64), Load(Mode.OPEN, 32, 900.0), Load(Mode.OPEN, 32, 80.0), CLOSED)
    slices = tuple(
        slice_of(Cell("uvicorn", workload, load), 1, 0, [1000])
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
    assert any("No slice was finished" in remark for remark in notes(found))


def proof(*findings: Finding) -> SelfTest:
    """A self-test with one claim for each finding."""
    claims = tuple(Claim("g", f"claim {n}", "x", "y", each) for n, each in enumerate(findings))
    return SelfTest("short", START.isoformat(), 8.0, claims, 50_000.0, 32)


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((Finding.HOLDS, Finding.NOTED), None),
        (
            (Finding.HOLDS, Finding.FAILS),
            "self-test of the measurement failed on this machine: claim 1 (y)",
        ),
        (
            (Finding.NOTED, Finding.FAILS),
            "self-test of the measurement failed on this machine: claim 1 (y)",
        ),
    ],
)
def test_a_failed_self_test_heads_the_report(
    findings: tuple[Finding, ...], said: str | None
) -> None:
    """What failed is named; how exact figures are heads nothing."""
    facts = small()
    facts = with_manifest(facts, selftest=proof(*findings))
    found = warnings(summarize(facts))
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_many_claims_that_failed_are_counted() -> None:
    """The first are named; the table of the self-test has them all."""
    facts = small()
    failed = proof(*[Finding.FAILS] * 5)
    facts = with_manifest(facts, selftest=failed)
    assert "claim 2 (y); and 2 more. Do not trust the figures" in warnings(summarize(facts))[0]


def test_a_skipped_self_test_is_remarked_upon() -> None:
    """Not proved is not failed."""
    facts = small()
    facts = with_manifest(facts, selftest=None)
    summary = summarize(facts)
    assert summary.warnings == ()
    assert "self-test was skipped" in " ".join(notes(summary))


def test_what_the_platform_lacks_is_remarked_upon() -> None:
    """Once, however many slices depend on it."""
    lacking = Instrument(Pacing.POLL, "", kernel_timestamps=False, cores=1)
    facts = small()
    facts = with_manifest(facts, instrument=lacking)
    told = " ".join(notes(summarize(facts)))
    assert told.count("no timerfd") == told.count("did not timestamp responses") == 1


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
    assert found.service.avg_ms == pytest.approx(2.0, rel=1e-3)
    assert found.client_delay.count == 3 * 2 * EACH
    assert found.client_delay.p50_ms == pytest.approx(0.1, rel=1e-3)
    assert found.raw is not None
    assert found.raw.avg_ms == pytest.approx(2.0 + 0.04 + 0.2, rel=1e-3)
    assert found.network_ms == pytest.approx(0.005)
    assert found.generator_cpu_us_per_request == pytest.approx(9.0)
    assert (found.preemptions, found.collections) == (6, 0)


def test_corrected_figures_of_closed_loops_stand_beside_the_raw_ones() -> None:
    """They end when the kernel received the answer; without stamps there are none."""
    figures = summarize(small()).sections[1].rows[0].figures
    assert figures.corrected_p50_ms is not None
    assert figures.corrected_p50_ms.value == pytest.approx(0.9, rel=1e-3)
    facts = small()
    blind = tuple(replace(one, corrected=None, client_delay=None) for one in facts.slices)
    without = summarize(replace(facts, slices=blind)).sections[1].rows[0]
    assert without.figures.corrected_p50_ms is None
    assert without.figures.p95_ms is not None
    assert without.attribution is not None
    assert without.attribution.client_delay is None


def test_open_loops_have_no_corrected_figures() -> None:
    """All of their times end in the kernel."""
    assert summarize(small()).sections[0].rows[0].figures.corrected_avg_ms is None


def test_figures_are_of_exposures_and_ratios_of_pieces() -> None:
    """A slice that was taken in turns enters no figure, and decides who is better."""
    facts = small()
    pieces = tuple(
        replace(
            slice_of(one.cell, one.round, 5, [5_000_000] * 20, role=Role.COMPARISON),
            answered_in_window=10_000,
        )
        for one in facts.slices
    )
    section = summarize(replace(facts, slices=(*facts.slices, *pieces))).sections[0]
    assert [one.figures.avg_ms and round(one.figures.avg_ms.value) for one in section.rows] == [
        2,
        4,
    ]
    assert section.rows[0].slices_counted == 3


@pytest.mark.parametrize(
    ("rounds", "role"),
    [((1,), Role.EXPOSURE), ((1, 2), Role.EXPOSURE), ((1, 2, 3), Role.COMPARISON)],
)
def test_pieces_decide_where_as_many_rounds_have_them_as_intervals_need(
    rounds: tuple[int, ...], role: Role
) -> None:
    """With fewer, ratios and ranks come from the exposures of all rounds, with intervals."""
    facts = small()
    pieces = tuple(
        replace(one, rotation=5, role=Role.COMPARISON)
        for one in facts.slices
        if one.round in rounds
    )
    section = summarize(replace(facts, slices=(*facts.slices, *pieces))).sections[0]
    assert section.compared_by is role
    assert all(pair.ratio.lo is not None for pair in section.pairs)


def test_one_exposure_has_no_interval_though_pieces_have() -> None:
    """And the report says so."""
    facts = small(rounds=1)
    pieces = tuple(
        replace(one, rotation=rotation, role=Role.COMPARISON)
        for one in facts.slices
        for rotation in (1, 2)
    )
    found = summarize(replace(facts, slices=(*facts.slices, *pieces)))
    assert found.replicates is Replicates.NONE
    (remark,) = notes(found)
    assert remark.startswith("Only one exposure to each load: figures have no intervals")


def test_the_twin_is_in_no_row_and_in_no_rank() -> None:
    """It is not a server that anybody chooses."""
    summary = summarize(with_twin())
    for section in summary.sections:
        assert [row.profile for row in section.rows] == ["uvicorn", "daphne"]
        assert "uvicorn#2" not in {name for pair in section.pairs for name in
                                   (pair.subject, pair.reference)}  # fmt: skip
        assert section.groups == (("uvicorn",), ("daphne",))
    assert [server.profile for server in summary.servers] == ["uvicorn", "daphne"]


def test_the_baseline_is_compared_with_itself_by_every_figure() -> None:
    """Twin over baseline; where both are equal no difference is shown, nothing is distrusted."""
    summary = summarize(with_twin())
    assert [one.figure for one in summary.itself] == [
        *("p50_ms", "avg_ms", "cpu_us_per_request"),
        *("throughput_rps", "cpu_us_per_request"),
    ]
    assert {(one.pair.subject, one.pair.reference) for one in summary.itself} == {
        ("uvicorn#2", "uvicorn")
    }
    assert not any(one.pair.shown for one in summary.itself)
    assert summary.warnings == ()


def without_time_for_itself() -> Facts:
    """A run with a twin whose budget was spent before there was a piece."""
    facts = with_twin()
    kept = [one for one in facts.slices if one.cell.profile != "uvicorn#2"]
    return with_slices(facts, kept)


def test_a_check_that_the_budget_had_no_time_for_says_so_wherever_it_is_missed() -> None:
    """In the notes, in the chip of the page, above the table, and with what ranks come from."""
    summary = summarize(without_time_for_itself())
    assert summary.itself == ()
    assert "A/A check: not measured, because the budget had no time for it" in notes(summary)[0]
    why = "A/A: not measured: the budget had no time for it; give more --budget; then the smallest"
    assert exactness_caption(summary).startswith(why)
    [chip] = [each for each in content(summary)["badges"] if each.title == "A/A"]
    assert chip.text == "not measured: the budget had no time for it; give more --budget"
    assert any(
        line.endswith("; ratios and ranks come from exposures, because the budget had too little "
                      "time for pieces")
        for line in circumstances(summary)
    )  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(small(), id="not asked for"),
        pytest.param(with_twin(), id="measured"),
        pytest.param(replace(without_time_for_itself(), ending="interrupted"), id="interrupted"),
        pytest.param(with_settings(without_time_for_itself(), alone=True), id="alone"),
    ],
)
def test_no_other_lack_of_the_check_is_put_down_to_the_budget(facts: Facts) -> None:
    """Where it was not asked for, not missed, or missed for another reason."""
    assert PlainNote.NO_TIME_FOR_ITSELF not in summarize(facts).notes


def test_a_twin_that_the_plan_had_no_time_for_is_missed_for_the_budget() -> None:
    """The others may have had pieces in its time."""
    facts = without_time_for_itself()
    never = tuple(launch for launch in facts.launches if launch.profile != "uvicorn#2")
    pieces = [replace(one, role=Role.COMPARISON) for one in facts.slices]
    for slices in (facts.slices, [*facts.slices, *pieces]):
        found = summarize(with_slices(replace(facts, launches=never), slices))
        assert PlainNote.NO_TIME_FOR_ITSELF in found.notes


def test_a_twin_with_pieces_in_one_round_of_three_is_missed_for_the_budget() -> None:
    """What the others are compared by, it has not."""
    facts = without_time_for_itself()
    pieces = [replace(s, role=Role.COMPARISON) for s in with_twin().slices if s.round == 1]
    found = summarize(with_slices(facts, [*facts.slices, *pieces]))
    assert found.itself == ()
    assert PlainNote.NO_TIME_FOR_ITSELF in found.notes


def test_how_long_exposures_are_is_told_by_what_the_run_did() -> None:
    """Of workloads whose exposures differ, from the shortest to the longest."""
    facts = small()
    one = replace(facts.cuts["get_item"], exposure_s=0.4)
    said = "continues without a break{}, until everything"
    for cuts, lasting in (
        ({"get_item": one}, " for 0.4 s"),
        ({"get_item": one, "mixed": replace(one, exposure_s=3.0)}, " for 0.4 to 3 s"),
        ({}, ""),
    ):
        assert said.format(lasting) in procedure(summarize(replace(facts, cuts=cuts)))


def test_a_run_that_tells_the_baseline_from_itself_is_not_to_be_trusted() -> None:
    """It says so on top, with the figure."""
    summary = summarize(with_twin(slower=1.5))
    shown = [one.figure for one in summary.itself if one.pair.shown]
    assert shown == ["p50_ms", "avg_ms"]
    (said,) = warnings(summary)
    assert (
        "A/A check failed: uvicorn differs significantly from itself (median response time 1.50"
        in said
    )
    assert "do not trust its ranking" in said


def test_a_resumed_run_says_so() -> None:
    """How often, after how many slices, and what was dropped."""
    again = Resumption("2026-01-02T04:00:00+00:00", 7, "the last line of the journal")
    remarks = " ".join(notes(summarize(replace(small(), resumptions=(again,)))))
    assert "resumed after 7 slices" in remarks
    assert "the last line of the journal was dropped" in remarks


def test_a_precision_that_was_not_reached_is_remarked_upon() -> None:
    """With what was, of each server that falls short; one that was reached is not."""
    facts = realistic(SEVEN[:3], rounds=3, rotations=3)

    def asked(precision: float) -> str:
        timing = Timing(budget_s=300.0)
        settings = replace(facts.manifest.settings, precision=precision, timing=timing)
        manifest = replace(facts.manifest, settings=settings, stage=3)
        return " ".join(notes(summarize(replace(facts, manifest=manifest))))

    assert "--precision 0.1% was not reached" in asked(0.001)
    assert f"{SEVEN[1].name} is known to within " in asked(0.001)
    assert asked(0.001).endswith("%. Give more --budget.")
    assert "0s would be enough if rounds keep varying as they did" in asked(0.1)
    assert "--precision" not in asked(5.0)
