"""Sentences that every format of the report says alike."""

from collections.abc import Iterator

from bench.analysis.model import Section, Summary
from bench.analysis.percentiles import BEYOND
from bench.facts.load import Mode
from bench.formatting import VAGUE
from bench.report.tables import stamped
from bench.stats.estimate import CONFIDENCE, Replicates

_COVERS = {
    Replicates.ROUNDS: "resampled over rounds, so they cover how one process differs from the next",
    Replicates.SLICES: "from slices of the same processes (process-to-process variation not "
    "included)",
    Replicates.NONE: "absent, for nothing was measured more than once",
}

PROCEDURE = (
    "Averages, percentiles, throughput, failures and stalls are of exposures: load on one server "
    "that goes on without a break for seconds, until all that was due in its window is answered. "
    "They are of all right answers of all usable exposures pooled, disturbances included: that is "
    "what a client waited. Ratios, ranks and groups come from pieces where the tables say so: "
    "slices cut short and taken in turns with the other servers', compared pair by pair (same "
    "round, same rotation, piece by piece where slices were cut alike; the mean of the middle half "
    "of a round's ratios), which a passing disturbance does not move. What takes longer than a "
    "piece, such as a stall, they cannot see; where exposures show something else, ranks and "
    "ratios are by exposures. All comparisons of a "
    "table by one figure are one family: intervals and smallest differences are corrected for it "
    "(Holm), so that an interval leaves out 1 exactly where a difference is shown. "
    "Servers that share a letter cannot be told apart; a server may be in two groups. A server's "
    "rank is 1 + the number of servers shown to be better than it; '=' marks a shared rank, 'tie' "
    "that no difference is shown, which does not prove equality. The order of the lines is that of "
    "the figures, unless a comparison shows otherwise. "
    f"A figure is {VAGUE} where its interval is wider than that, and a percentile is withheld "
    f"where fewer than {BEYOND} requests lie beyond it."
)


def interval_note(summary: Summary) -> str:
    """Say what the intervals are."""
    return f"Intervals hold {CONFIDENCE:.0%}; they are {_COVERS[summary.replicates]}."


_RESPONSE = (
    "The response time is what a request waited for a free connection, and the service time from "
    "sending until {end}: their averages add up to its. "
)
_BESIDE = (
    "Beside it stands what is the generator's own and not in it: the send lag, by which requests "
    "left late, and the client's delay, from when the kernel had an answer until it was read. All "
    "of it together, from due until read, is what a client without the kernel's stamps would have "
    "reported."
)
_BLIND = (
    "Beside it stands the send lag, by which requests left late: it is the generator's own and not "
    "in it. When the generator had yet to read an answer is not known, for the kernel stamped no "
    "answers: that delay is in the service time."
)
_CLOSED = (
    "The client's delay is the end of the service time: from when the kernel received an answer to "
    "when the generator read it. Corrected figures end before it, so that a tail which is only the "
    "client's is not in them. What stands on either side of an arrow is of the same sample, the "
    "answers on one connection in eight; the tables above are of all answers."
)
_CLOSED_BLIND = (
    "The end of the service time, in which the generator had yet to read the answer, is not known: "
    "the kernel stamped no answers."
)


def attribution_note(section: Section) -> str:
    """Say how to read where the time went."""
    known = stamped(section)
    if section.load.mode is Mode.CLOSED:
        return _CLOSED if known else _CLOSED_BLIND
    end = "the kernel had the answer" if known else "the answer was read"
    return _RESPONSE.format(end=end) + (_BESIDE if known else _BLIND)


def gate_failures(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """Profile, test and message of every failed test, and of every gate that could not be run."""
    for server in summary.servers:
        gate = server.gate
        if gate is None or gate.passed:
            continue
        if gate.error is not None:
            yield server.profile, "the suite could not be run", gate.error
        for test in gate.tests:
            if not test.passed:
                yield server.profile, test.name, test.message


def troubles(summary: Summary) -> Iterator[tuple[str, str]]:
    """Profile and text of everything else that went wrong with a server."""
    for server in summary.servers:
        for text in server.troubles:
            yield server.profile, text
