"""What is to be known of requests that were read or found: what of them is not sent, and why."""

from collections.abc import Mapping
from typing import Final

from bench.facts.run import RequestNotes
from bench.formatting import plural
from bench.workloads.requests.request_set import RequestSet
from bench.workloads.requests.told import told

_MOST_REASONS: Final = 6  # that are told; the record of right answers has all


def request_notes(workload: str, found: RequestSet) -> RequestNotes | None:
    """Gather what a report says of them; None: all that was named is sent.

    found: with its right answers. What part of a log is replayed, the report has elsewhere.
    """
    read = found.notes if found.replay is None else found.notes[:1]
    said = [text.removeprefix(f"{found.source}: ") for text in read]
    if found.left_out:
        said.append(left_out(found))
    return RequestNotes(workload, tuple(said)) if said else None


def left_out(found: RequestSet) -> str:
    """Count what is sent and what is not, with the first reasons."""
    return (
        f"{plural(len(found.requests), 'request')}, {len(found.left_out):,} left out: "
        f"{reasons(found.left_out)}"
    )


def reasons(every: Mapping[str, str]) -> str:
    """Name the first of what is left out, each with its reason."""
    return told([f"{name} ({why})" for name, why in every.items()], _MOST_REASONS)
