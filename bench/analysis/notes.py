"""Reasons to distrust a run as a whole, and how much of its time was spent measuring."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import inf

from bench.analysis.cells import exposed
from bench.analysis.model import AgainstItself, Section
from bench.analysis.slice_figures import AVERAGE
from bench.analysis.spending import spending
from bench.facts.run import Facts, FolderChanges, Pacing
from bench.facts.selftest import Finding, SelfTest
from bench.facts.server import TCP
from bench.facts.slice import Slice
from bench.figures import FIGURES
from bench.formatting import exact_ms, listing, plural, share, spoken
from bench.plan.forecast import precise_s
from bench.stats.estimate import ROUNDS_NEEDED

NAMED = 3  # claims of a self-test that are named where it failed; all are in its table

APP_HAS = "app_has"  # where the manifest's settings tell what the app has that not all servers run
_STARTUP = "lifespan"
_ENDINGS = {
    None: "The run was cut off: this report covers what had been recorded by then.",
    "failed": "The run failed: this report covers the slices that were finished.",
    "interrupted": "The run was interrupted: this report covers the slices that were finished.",
}


def remarks(facts: Facts, counted: Sequence[Slice], sections: Sequence[Section]) -> tuple[str, ...]:
    """Say, in words, what holds for every figure of the run."""
    found = [
        _ENDINGS.get(facts.ending, ""),
        *_resumed(facts),
        _slices(counted),
        spending(facts, counted),
        _alone(facts),
        *_workers(facts),
        _connections(facts),
        *_restless(facts),
        _startless(facts, sections),
        _imprecise(facts, sections),
        _cores(facts),
        *_lacks(facts),
        *map(written_files, facts.folder_changes),
        _unproved(facts),
        _ungated(facts),
        *facts.notes,
    ]
    return tuple(text for text in found if text)


def _resumed(facts: Facts) -> Iterator[str]:
    for one in facts.resumptions:
        dropped = f"; {one.dropped} was dropped" if one.dropped else ""
        yield (
            f"The run had stopped and was resumed after {plural(one.slices, 'slice')} at "
            f"{one.at}, with fresh processes in the middle of a round{dropped}."
        )


def _slices(counted: Sequence[Slice]) -> str:
    exposures = exposed(counted)
    if not exposures:
        return "No slice was finished after warm-up, so there are no figures."
    rounds = len({s.round for s in exposures})
    if len({(s.round, s.rotation) for s in counted}) == 1:
        return "Only one rotation: nothing was measured more than once, so there are no intervals."
    if len({(s.round, s.rotation) for s in exposures}) == 1:
        return (
            "Only one exposure to each load: figures have no intervals, and intervals of "
            f"ratios come from slices of the same processes. {ROUNDS_NEEDED} or more rounds "
            "give both."
        )
    if rounds < ROUNDS_NEEDED:
        return (
            f"{plural(rounds, 'round')} only: intervals come from slices of the same "
            f"processes; process-to-process variation is not included. {ROUNDS_NEEDED} or more "
            "rounds include it."
        )
    return ""


def _alone(facts: Facts) -> str:
    """Say what it costs that no two servers lived at once."""
    if not facts.manifest.settings.get("alone"):
        return ""
    return (
        "Measured one server at a time (--alone): every ratio includes what changed on the "
        "machine between servers, and intervals are wider than for servers that run side by "
        "side."
    )


def most_workers(facts: Facts, profile: str) -> int | None:
    """The most processes of a server that took requests, of all rounds; None: nobody knows."""
    seen = [one.workers for one in facts.drains if one.profile == profile and one.workers]
    return max(seen, default=None)


def _workers(facts: Facts) -> Iterator[str]:
    """Say which servers ran more workers, or fewer, than they were asked to."""
    asked = facts.manifest.settings.get("workers")
    others: dict[int, list[str]] = defaultdict(list)
    for server in facts.manifest.servers:
        seen = most_workers(facts, server.name)
        if seen is not None and seen != asked and server.twin_of is None:
            others[seen].append(server.name)
    for seen, names in others.items():
        yield (
            f"{listing(names)} ran {plural(seen, 'worker')} where {asked} was requested, "
            "because of the launch line or a configuration file: figures are for that many "
            "processes."
        )


def _connections(facts: Facts) -> str:
    """Say which servers were not reached as the others were."""
    reached = {s.name: s.connection for s in facts.manifest.servers if s.twin_of is None}
    apart = [f"{name} by {how}" for name, how in reached.items() if how != TCP]
    if not apart:
        return ""
    others = len(apart) < len(reached)
    rest = ", the others by plain TCP: differences include the cost of that" if others else ""
    return f"Connections: {listing(apart)}{rest}."


def _restless(facts: Facts) -> Iterator[str]:
    """Say who was measured alone, and what that means for a comparison."""
    found = sorted({s.cell.profile for s in facts.slices if not s.settled})
    if found:
        yield (
            "Measured with no other server running, because it was still working 10 s after "
            f"its load: {listing(found)}. Its CPU per request includes work after the "
            "responses only up to that point, and its ratios come from other moments than "
            "those of the others."
        )


def _startless(facts: Facts, sections: Sequence[Section]) -> str:
    """Name the servers under which the app's startup did not run.

    Where it is not known whether it has one, those that failed.
    """
    if _STARTUP in facts.manifest.settings.get(APP_HAS, ()):
        names = [each.name for each in facts.manifest.servers if _STARTUP in each.lacks]
        return f"The app's startup did not run under {listing(names)}." if names else ""
    failed = {row.profile for section in sections for row in section.rows if row.failures}
    failed |= {drain.profile for drain in facts.drains if drain.failure}
    found = [
        server.name
        for server in facts.manifest.servers
        if _STARTUP in server.lacks and server.interface == "asgi" and server.name in failed
    ]
    if not found:
        return ""
    return (
        f"{listing(found)} ran no lifespan: if the app has a startup, it did not run there, "
        "which may be why requests failed."
    )


def _imprecise(facts: Facts, sections: Sequence[Section]) -> str:
    """Say who is not known as exactly as was asked for; averages never are."""
    wanted = facts.manifest.settings.get("precision")
    if wanted is None:
        return ""
    widths: dict[str, float] = {}
    for section in sections:
        for figure in set(section.comparisons) - {AVERAGE}:
            for name, pair in section.against(facts.manifest.baseline, figure).items():
                widths[name] = max(widths.get(name, 0.0), pair.smallest or inf)
    missed = [f"{name} to {share(width)}" for name, width in widths.items() if width > wanted]
    if not missed:
        return ""
    return (
        f"--precision {share(wanted)} was not reached before the budget was spent; reached: "
        f"{listing(missed)}. {_more_budget(facts, max(widths.values()), wanted)}"
    )


def _more_budget(facts: Facts, widest: float, wanted: float) -> str:
    budget_s = facts.manifest.settings.get("timing", {}).get("budget_s", 0.0)
    enough_s = precise_s(budget_s, widest, wanted)
    if not enough_s:
        return "Give more --budget."
    return f"About --budget {enough_s:.0f}s would be enough if rounds keep varying as they did."


def _cores(facts: Facts) -> str:
    machine = facts.manifest.machine
    if machine.server_cores and not set(machine.server_cores) & set(machine.generator_cores):
        return ""
    return (
        "Generator and servers shared cores: every figure includes the generator's own cost. "
        "Use Linux and at least one core more than --generator-cores."
    )


def _lacks(facts: Facts) -> Iterator[str]:
    """Say what this platform did not offer; every slice that depends on it is doubted."""
    instrument = facts.manifest.instrument
    if instrument.pacing is Pacing.POLL:
        yield "There was no timerfd: send times are accurate only to a millisecond."
    if not instrument.kernel_timestamps:
        yield (
            "The kernel did not timestamp responses: the client's own reading delay is "
            "unknown and is part of all times."
        )


def written_files(found: FolderChanges) -> str:
    """Say which files a run has changed in the app's folder, and how to keep servers apart."""
    more = found.count - len(found.files)
    named = [*found.files, *([plural(more, "other file")] if more else [])]
    return (
        f"New or changed in the app's folder '{found.folder}' after this run: "
        f"{listing(named)}. The servers of a round share that folder, so one may read what "
        "another writes: --copy gives each a fresh copy."
    )


def _unproved(facts: Facts) -> str:
    if facts.manifest.selftest is not None:
        return ""
    return (
        "The self-test was skipped: nothing shows that measurements on this machine can be trusted."
    )


def distrust(proof: SelfTest | None, itself: Sequence[AgainstItself]) -> tuple[str, ...]:
    """Say why no figure of the run is to be trusted as it stands."""
    found = (unproved_claims(proof), _false_differences(itself))
    return tuple(text for text in found if text)


def _false_differences(itself: Sequence[AgainstItself]) -> str:
    """Say what the run has shown where nothing differs."""
    shown = [one for one in itself if one.pair.shown]
    if not shown:
        return ""
    told = listing([f"{FIGURES[one.figure].sentence} {spoken(one.pair.ratio)}" for one in shown])
    return (
        f"A/A check failed: {shown[0].pair.reference} differs significantly from itself "
        f"({told}). Other differences in this run may be just as false, so do not trust its "
        "ranking. Stop other programs on this machine and measure again."
    )


def unproved_claims(proof: SelfTest | None) -> str:
    """Say what of the instrument's logic failed; empty: nothing did, or it was not asked."""
    if proof is None or proof.passed:
        return ""
    failed = [f"{c.claim} ({c.measured})" for c in proof.claims if c.finding is Finding.FAILS]
    return (
        f"The self-test of the measurement failed on this machine: {_first(failed)}. Do not "
        "trust the figures below as they stand."
    )


def reliance(proof: SelfTest | None) -> str:
    """Say how exact response times are; empty: nobody has looked."""
    if proof is None:
        return ""
    centre, tail = proof.budget.p50_ns, proof.budget.p99_ns
    if centre is None or tail is None:
        return "The accuracy of response times on this machine could not be measured."
    return (
        f"Response times are accurate to {exact_ms(centre)} ms (p50) and {exact_ms(tail)} ms "
        "(p99) on this machine today; ignore smaller differences."
    )


def _ungated(facts: Facts) -> str:
    skipped = [gate.profile for gate in facts.gates if gate.skipped]
    if not skipped:
        return ""
    answer = "answers" if len(skipped) == 1 else "answer"
    return (
        f"Not gated: no functional suite has verified that {listing(skipped)} {answer} correctly."
    )


def _first(claims: Sequence[str]) -> str:
    more = f"; and {len(claims) - NAMED} more" if len(claims) > NAMED else ""
    return "; ".join(claims[:NAMED]) + more


def under_load(facts: Facts) -> float | None:
    """Measured windows / time from the start of the run to the end of its last slice, 0 to 1."""
    if not facts.slices:
        return None
    try:
        start = datetime.fromisoformat(facts.manifest.started_at)
        ends = (
            datetime.fromisoformat(s.started_at) + timedelta(microseconds=s.window_ns / 1000)
            for s in facts.slices
        )
        elapsed_s = (max(ends) - start).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no dates, or some with a zone and some without
        return None
    if elapsed_s <= 0:
        return None
    return min(1.0, sum(s.window_ns for s in facts.slices) / 1e9 / elapsed_s)
