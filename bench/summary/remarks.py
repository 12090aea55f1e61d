"""Reasons to distrust a run as a whole, and how much of its time was spent measuring."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.domain import Facts, Slice
from bench.stats.estimate import ROUNDS_NEEDED
from bench.summary.words import listing, plural

_ENDINGS = {
    None: "The run was cut off: this report is made of what had been written down by then.",
    "failed": "The run could not go on: this report is made of the slices that were finished.",
    "interrupted": "The run was interrupted: this report is made of the slices that were finished.",
}


def remarks(facts: Facts, counted: Sequence[Slice]) -> tuple[str, ...]:
    """Say, in words, what holds for every figure of the run."""
    found = [
        _ENDINGS.get(facts.ending, ""),
        _slices(counted),
        _cores(facts),
        _ungated(facts),
        *facts.notes,
    ]
    return tuple(text for text in found if text)


def _slices(counted: Sequence[Slice]) -> str:
    if not counted:
        return "No slice was finished after warm-up: there are no figures."
    rounds = len({s.round for s in counted})
    if len({(s.round, s.rotation) for s in counted}) == 1:
        return "One rotation only: nothing was measured more than once, so there are no intervals."
    if rounds < ROUNDS_NEEDED:
        return (
            f"{plural(rounds, 'round')} only: intervals come from slices of the same processes; "
            f"process-to-process variation not included. {ROUNDS_NEEDED} rounds or more include it."
        )
    return ""


def _cores(facts: Facts) -> str:
    machine = facts.manifest.machine
    if machine.cores > 1 and not set(machine.server_cores) & set(machine.generator_cores):
        return ""
    return (
        "Generator and servers shared a core: the generator's own cost is in every figure. "
        "Use a machine with two cores or more."
    )


def _ungated(facts: Facts) -> str:
    skipped = [gate.profile for gate in facts.gates if gate.skipped]
    if not skipped:
        return ""
    return f"Not gated: no functional suite has proved that {listing(skipped)} answer rightly."


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
    except (ValueError, TypeError):  # not dates, or some with a zone and some without
        return None
    if elapsed_s <= 0:
        return None
    return min(1.0, sum(s.window_ns for s in facts.slices) / 1e9 / elapsed_s)
