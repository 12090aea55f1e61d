"""Sentences that a run prints while it goes on, and that its report repeats."""

from collections.abc import Iterable, Sequence
from typing import Final

from bench.analysis.failures import Failure
from bench.facts.run import FolderChanges, LoggedStatuses, RequestNotes
from bench.facts.selftest import Claim, Finding, SelfTest
from bench.facts.settings import ReplayRecord
from bench.formatting import exact_ms, listing, plural

_NAMED: Final = 3
"""Claims of a self-test that failed, of which all are in its table; pairs of statuses."""


def changed_files(changes: FolderChanges) -> str:
    """Say which files a run has changed in the app's folder, and how to keep servers apart."""
    more = changes.count - len(changes.files)
    names = [*changes.files, *([plural(more, "other file")] if more else [])]
    return (
        f"New or changed in the app's folder '{changes.folder}' after this run: "
        f"{listing(names)}. The servers of a round share that folder, so one may read what "
        "another writes: --copy gives each a fresh copy."
    )


def read_by_servers(names: Sequence[str]) -> str:
    """Say which of the app's variables may change some servers and leave the others."""
    return (
        f"Servers themselves read variables that the app was given: {listing(names)}. They may "
        "change some servers and not the others, so the comparison may be of these settings: leave "
        "them out of --app-env and of the --env-file, unless that is meant."
    )


def other_statuses(found: LoggedStatuses) -> str:
    """Say where a server's answers have other statuses than the log or the HAR has."""
    shown = [
        f"{each.logged} where {found.server} answered {each.came} ({each.requests:,} of "
        f"{found.of:,} different requests)"
        for each in found.others[:_NAMED]
    ]
    rest = sum(each.requests for each in found.others[_NAMED:])
    more = [f"others differ, too ({rest:,})"] if rest else []
    return (
        f"The file of workload '{found.workload}' has other statuses than were answered: "
        f"{'; '.join([*shown, *more])}. Right is what {found.server} answered."
    )


def unsent(found: RequestNotes) -> str:
    """Say what of the requests that were named is sent, and how."""
    return f"Requests of workload '{found.workload}': {'; '.join(found.said)}."


def replayed_part(record: ReplayRecord) -> str:
    """Say which part of an access log is replayed, and how exactly it is known."""
    fine = (
        "; the log has whole seconds, over each of which requests are spread at random by the seed"
        if record.whole_seconds
        else ""
    )
    return (
        f"replayed: its busiest {record.window_s * record.speed:g} s, {record.began} to "
        f"{record.ended} UTC, {plural(record.requests, 'request')} at speed {record.speed:g}, the "
        f"same in every round and for every server{fine}"
    )


def failed_selftest(proof: SelfTest) -> str:
    """Say what of the instrument's logic failed; empty: nothing did."""
    failed = [claim for claim in proof.claims if claim.finding is Finding.FAILS]
    return failed_claims(failed) if failed else ""


def failed_claims(claims: Sequence[Claim]) -> str:
    """Say which claims of the self-test failed."""
    more = f"; and {len(claims) - _NAMED} more" if len(claims) > _NAMED else ""
    named = "; ".join(f"{claim.claim} ({claim.measured})" for claim in claims[:_NAMED])
    return (
        f"The self-test of the measurement failed on this machine: {named}{more}. Do not "
        "trust the figures below as they stand."
    )


def accuracy(proof: SelfTest | None) -> str:
    """Say how accurate response times are; empty: there was no self-test."""
    if proof is None:
        return ""
    centre, tail = proof.budget.p50_ns, proof.budget.p99_ns
    if centre is None or tail is None:
        return "The accuracy of response times on this machine could not be measured."
    return (
        f"Response times are accurate to {exact_ms(centre)} ms (p50) and {exact_ms(tail)} ms "
        "(p99) on this machine today; ignore smaller differences."
    )


def failure_counts(failures: Iterable[Failure]) -> list[str]:
    """Say how many failed in each way: "30 with status 429", "10 reset"."""
    return [
        f"{failure.count:,} with status {failure.status}"
        if failure.status is not None
        else f"{failure.count:,} {failure.outcome.replace('_', ' ')}"
        for failure in failures
    ]
