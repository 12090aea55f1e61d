"""Sentences that every format of the report says alike."""

from collections.abc import Iterator
from typing import Final

from bench.analysis.model import Section, Summary
from bench.analysis.note import PlainNote
from bench.analysis.withheld_percentiles import BEYOND
from bench.facts.load import Mode, Sent
from bench.formatting import VAGUE, common, worded
from bench.report.absences import faults
from bench.report.table_columns import stamped
from bench.stats.estimate import CONFIDENCE, Replicates

_COVERS = {
    Replicates.ROUNDS: "resampled over rounds, so they include process-to-process variation",
    Replicates.SLICES: "from slices of the same processes (process-to-process variation is "
    "not included)",
}

_PROCEDURE: Final = (
    "A cell is one server under one workload at one load; a slice is a cell under load once; a "
    "rotation visits every cell once, in random order; a round starts every server anew; NAME#2 "
    "is the server NAME measured a second time, as if it were another. "
    "Averages, percentiles, throughput, failures and stalls come from exposures: load on one "
    "server that continues without a break{lasting}, until everything due in its window "
    "has been answered. They pool all correct responses of all usable exposures, disturbances "
    "included: that is what a client waited. Ratios, ranks and groups come from pieces where "
    "the tables say so: slices cut short and run in turn with those of the other servers, "
    "compared pair by pair (same round, same rotation, piece by piece where slices were cut "
    "alike; the mean of the middle half of a round's ratios), so that a passing disturbance "
    "does not affect them. Pieces cannot show anything longer than a piece, such as a stall; "
    "where exposures disagree, ranks and ratios come from exposures. All comparisons of a "
    "table by one figure are one family: intervals and smallest differences are corrected for "
    "it (Holm), so that an interval excludes 1 exactly where a difference is shown. Servers "
    "that share a letter do not differ significantly; a server may be in two groups. A "
    "server's rank is 1 + the number of servers shown to be better than it; '=' marks a "
    "shared rank, 'tie' that no difference is shown, which does not prove equality, 'not "
    "tested' that too little was measured to compare. Rows are sorted by the figures, unless a "
    f"comparison shows otherwise. A figure is {VAGUE} if its interval is wider "
    f"than that, and a percentile is withheld if fewer than {BEYOND} "
    "requests lie beyond it."
)


def sent_in(summary: Summary) -> Sent:
    """What texts about a whole run call what was sent in it."""
    return common(section.load.sent for section in summary.sections)


def procedure(summary: Summary) -> str:
    """Say how to read the figures of a run, by what it did."""
    cuts = summary.cuts.values()
    lengths_s = sorted({each for cut in cuts for each in (cut.exposure_s, cut.replayed_s) if each})
    ends = dict.fromkeys(f"{each:g}" for each in (*lengths_s[:1], *lengths_s[-1:]))
    lasting = f" for {' to '.join(ends)} s" if ends else ""
    return worded(_PROCEDURE.format(lasting=lasting), sent_in(summary))


def without_itself(summary: Summary) -> str:
    """Say that the baseline was not compared with itself, and why if that is known."""
    if PlainNote.NO_TIME_FOR_ITSELF in summary.notes:
        return "not measured: the budget had no time for it; give more --budget"
    return "the baseline was not measured against itself"


def exactness_caption(summary: Summary) -> str:
    """Say what the table of the run's exactness has."""
    itself = (
        "the baseline against itself under two names, where any difference shown is false"
        if summary.itself
        else without_itself(summary)
    )
    return (
        f"A/A: {itself}; then the smallest difference from the baseline that this run could have "
        "shown, and the probability of showing true differences of three sizes (0%: this run "
        "could not have shown one of that size), for the least precisely measured server"
    )


def interval_note(summary: Summary) -> str:
    """Say what the intervals are."""
    if summary.replicates is Replicates.NONE:
        return "There are no confidence intervals, because nothing was measured more than once."
    return f"Confidence intervals are at {CONFIDENCE:.0%}, and are {_COVERS[summary.replicates]}."


_RESPONSE = (
    "The response time is the wait for a free connection plus the service time, from sending "
    "until {end}; the averages add up. "
)
_BESIDE = (
    "Not included, because it is the generator's own: the send lag, by which requests were "
    "sent late, and the client delay, from when the kernel had a response until it was read. "
    "The total, from due until read, is what a client without kernel timestamps would have "
    "reported."
)
_BLIND = (
    "Not included, because it is the generator's own: the send lag, by which requests were "
    "sent late. The generator's delay in reading responses is unknown, because the kernel did "
    "not timestamp them: it is part of the service time."
)
_CLOSED = (
    "The client delay is the last part of the service time: from when the kernel received a "
    "response to when the generator read it. Corrected figures exclude it, and with it any "
    "tail that is only the client's. Both sides of an arrow are of the same sample, the "
    "responses on one connection in eight; the tables above cover all responses."
)
_CLOSED_BLIND = (
    "The client delay, the last part of the service time, is unknown: the kernel did not "
    "timestamp responses."
)


def attribution_note(section: Section) -> str:
    """Say how to read where the time went."""
    known = stamped(section)
    if section.load.mode is Mode.CLOSED:
        return _CLOSED if known else _CLOSED_BLIND
    end = "the kernel had the response" if known else "the response was read"
    text = _RESPONSE.format(end=end) + (_BESIDE if known else _BLIND)
    return worded(text, section.load.sent)


def gate_failures(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """Profile, test and message of every failed test, and of every gate that could not be run."""
    for server in summary.servers:
        gate = server.gate
        if gate is None or gate.passed:
            continue
        if gate.error is not None:
            yield server.profile, "the suite could not be run", gate.error
        for test in gate.tests:
            if test.keeps_out:
                yield server.profile, test.name, test.message


def server_faults(summary: Summary) -> Iterator[tuple[str, str]]:
    """Profile and text of everything else that went wrong with a server."""
    for server in summary.servers:
        for text in faults(server):
            yield server.profile, text
