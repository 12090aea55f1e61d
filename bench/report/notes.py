"""Sentences about a run as a whole: its notes, and why it is not to be trusted."""

from functools import singledispatch
from typing import Final

from bench.analysis.model import FalseDifferences, RunWarning, SelfTestFailed, Summary
from bench.analysis.note import (
    BudgetMissed,
    FewRounds,
    KnownFault,
    NeverIdle,
    Note,
    NotGated,
    OtherConnections,
    OtherWorkers,
    PlainNote,
    PrecisionMissed,
    ReadByServers,
    RecordedNote,
    SharedConnections,
    SlowRequests,
    SlowStarts,
    StartupNotRun,
    Unfinished,
)
from bench.facts.run import FolderChanges, LoggedStatuses, RequestNotes, Resumption
from bench.figures import FIGURES
from bench.formatting import common, known_to, listing, plural, share, spoken, worded
from bench.messages import (
    changed_files,
    failed_claims,
    other_statuses,
    read_by_servers,
    unsent,
)
from bench.stats.estimate import ROUNDS_NEEDED

_UNFINISHED: Final = {
    None: "The run was cut off: this report covers what had been recorded by then.",
    "failed": "The run failed: this report covers the slices that were finished.",
    "interrupted": "The run was interrupted: this report covers the slices that were finished.",
}
PLAIN: Final = {
    PlainNote.NO_SLICE: "No slice was finished after warm-up, so there are no figures.",
    PlainNote.ONE_ROTATION: (
        "Only one rotation: nothing was measured more than once, so there are no intervals."
    ),
    PlainNote.ONE_EXPOSURE: (
        "Only one exposure to each load: figures have no intervals, and intervals of "
        f"ratios come from slices of the same processes. {ROUNDS_NEEDED} or more rounds "
        "give both."
    ),
    PlainNote.ONE_AT_A_TIME: (
        "Measured one server at a time (--alone): every ratio includes what changed on the "
        "machine between servers, and intervals are wider than for servers that run side by "
        "side."
    ),
    PlainNote.SHARED_CORES: (
        "Generator and servers shared cores: every figure includes the generator's own cost. "
        "Use Linux and at least one core more than --generator-cores."
    ),
    PlainNote.NO_TIME_FOR_ITSELF: (
        "A/A check: not measured, because the budget had no time for it, so nothing shows whether "
        "this run finds differences where there are none. Give more --budget."
    ),
    PlainNote.NO_TIMER: "There was no timerfd: send times are accurate only to a millisecond.",
    PlainNote.NO_KERNEL_TIMESTAMPS: (
        "The kernel did not timestamp responses: the client's own reading delay is "
        "unknown and is part of all times."
    ),
    PlainNote.NO_SELFTEST: (
        "The self-test was skipped: nothing shows that measurements on this machine can be trusted."
    ),
}


_COUNTING: Final = (BudgetMissed, NeverIdle, StartupNotRun)
"""Notes that say how requests fared, in words of our own alone."""


def notes(summary: Summary) -> list[str]:
    """Write all notes of a run, each a sentence or more."""
    sent = common(section.load.sent for section in summary.sections)
    return [
        worded(sentence(note), sent) if isinstance(note, _COUNTING) else sentence(note)
        for note in summary.notes
    ]


def warnings(summary: Summary) -> list[str]:
    """Say why no figure of a run is to be trusted as it stands; empty: nothing is known."""
    return [warning(each) for each in summary.warnings]


def warning(found: RunWarning) -> str:
    """Write one reason not to trust a run."""
    if isinstance(found, SelfTestFailed):
        return failed_claims(found.claims)
    return _false_differences(found)


def _false_differences(found: FalseDifferences) -> str:
    ratios = [
        f"{worded(FIGURES[each.figure].sentence, each.load.sent)} {spoken(each.pair.ratio)}"
        for each in found.shown
    ]
    return (
        f"A/A check failed: {found.shown[0].pair.reference} differs significantly from itself "
        f"({listing(ratios)}). Other differences in this run may be just as false, so do not trust "
        "its ranking. Stop other programs on this machine and measure again."
    )


@singledispatch
def sentence(note: Note) -> str:
    """Write one note."""
    raise NotImplementedError(note)


@sentence.register
def _(note: PlainNote) -> str:
    return PLAIN[note]


@sentence.register
def _(note: RecordedNote) -> str:
    return note.text


@sentence.register
def _(note: ReadByServers) -> str:
    return read_by_servers(note.names)


@sentence.register
def _(note: Unfinished) -> str:
    return _UNFINISHED[note.ending]


@sentence.register
def _(note: Resumption) -> str:
    dropped = f"; {note.dropped} was dropped" if note.dropped else ""
    return (
        f"The run had stopped and was resumed after {plural(note.slices, 'slice')} at "
        f"{note.at}, with fresh processes in the middle of a round{dropped}."
    )


@sentence.register
def _(note: FewRounds) -> str:
    return (
        f"{plural(note.rounds, 'round')} only: intervals come from slices of the same "
        f"processes; process-to-process variation is not included. {ROUNDS_NEEDED} or more "
        "rounds include it."
    )


@sentence.register
def _(note: BudgetMissed) -> str:
    took = f"took {note.spent_s:.0f} s where --budget was {note.budget_s:.0f} s"
    if note.rounds < note.wanted:
        over = f", and {took}" if note.over else ""
        what = f"{note.rounds} of {note.wanted} rounds fit into the budget{over}"
    else:
        what = f"{plural(note.rounds, 'round')} {took}"
    enough = "Give more --budget"
    if note.enough_s is not None:
        enough = f"--budget {note.enough_s}s has time for {_all_of(note.wanted)}"
    return f"{what}: {_cause(note)}. {enough}, or give fewer --servers."


def _all_of(rounds: int) -> str:
    return "it" if rounds == 1 else f"all {rounds}"


def _cause(note: BudgetMissed) -> str:
    """Say what took most of a round."""
    waited = (
        f"; others never became ready ({listing(note.never_ready)})" if note.never_ready else ""
    )
    if isinstance(note.cause, SlowRequests):
        return f"each exposure takes {note.cause.exposure_s:.0f} s: requests are slow{waited}"
    return f"{_slow_starts(note.cause)}{waited}"


def _slow_starts(cause: SlowStarts) -> str:
    servers = listing([f"{name} {seconds:.0f} s" for name, seconds in cause.slowest])
    exposures = "" if cause.exposing_s is None else f", and exposures {cause.exposing_s:.0f} s"
    return f"starting the servers took {cause.starting_s:.0f} s a round ({servers}){exposures}"


@sentence.register
def _(note: OtherWorkers) -> str:
    return (
        f"{listing(note.servers)} ran {plural(note.workers, 'worker')} where {note.asked} was "
        "requested, because of the launch line or a configuration file: figures are for that many "
        "processes."
    )


@sentence.register
def _(note: OtherConnections) -> str:
    apart = listing([f"{name} by {how}" for name, how in note.reached])
    rest = ", the others by plain TCP: differences include the cost of that" if note.others else ""
    return f"Connections: {apart}{rest}."


@sentence.register
def _(note: NeverIdle) -> str:
    return (
        "Measured with no other server running, because it was still working 10 s after "
        f"its load: {listing(note.servers)}. Its CPU per request includes work after the "
        "responses only up to that point, and its ratios come from other moments than "
        "those of the others."
    )


@sentence.register
def _(note: StartupNotRun) -> str:
    servers = listing(note.servers)
    if note.certain:
        return f"The app's startup did not run under {servers}."
    return (
        f"{servers} ran no lifespan: if the app has a startup, it did not run there, "
        "which may be why requests failed."
    )


@sentence.register
def _(note: PrecisionMissed) -> str:
    reached = listing([f"{name} is {known_to(width)}" for name, width in note.reached])
    more = "Give more --budget."
    if note.enough_s:
        more = (
            f"About --budget {note.enough_s:.0f}s would be enough if rounds keep varying as they "
            "did."
        )
    return (
        f"--precision {share(note.wanted)} was not reached before the budget was spent: "
        f"{reached}. {more}"
    )


@sentence.register
def _(note: FolderChanges) -> str:
    return changed_files(note)


@sentence.register
def _(note: LoggedStatuses) -> str:
    return other_statuses(note)


@sentence.register
def _(note: RequestNotes) -> str:
    return unsent(note)


@sentence.register
def _(note: SharedConnections) -> str:
    connections = plural(-(-note.in_flight // note.streams), "connection")
    return (
        f"Over {listing(note.protocols)}, {note.in_flight} connections are "
        f"{note.in_flight} requests in flight on {connections} of {note.streams} streams."
    )


@sentence.register
def _(note: KnownFault) -> str:
    return f"Known fault of {listing(note.servers)}: {note.fault}. It was measured all the same."


@sentence.register
def _(note: NotGated) -> str:
    answer = "answers" if len(note.servers) == 1 else "answer"
    return (
        f"Not gated: no functional suite has verified that {listing(note.servers)} {answer} "
        "correctly."
    )
