"""Runs of a base and a head, and the verdict on them."""

from dataclasses import replace

from bench.analysis.regression_verdict import RegressionDecision, decide
from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.facts.slice import Outcome, Slice
from tests.build.runs import small
from tests.build.variants import with_each_slice, with_manifest, with_servers

TOLERANCE = 0.05


def decided(facts: Facts, tolerance: float = TOLERANCE) -> RegressionDecision:
    """The verdict on a run of "base" and "head"."""
    return decide(summarize(with_manifest(facts, baseline="base")), tolerance)


def base_and_head(step: float, rounds: int = 3) -> Facts:
    """A run without noise in which head takes `step` times as long as base."""
    return small("base", "head", step=step, rounds=rounds)


def base_head_and_twin(step: float) -> Facts:
    """Base, head and base again, each `step` times the one before."""
    return with_servers(
        small("base", "head", "base#2", step=step),
        lambda server: replace(server, twin_of="base") if server.name == "base#2" else server,
    )


def failing(facts: Facts, profile: str, failures: int) -> Facts:
    """So many of 1,000 requests more fail in every slice of a profile."""

    def fail(one: Slice) -> Slice:
        if one.cell.profile != profile:
            return one
        return replace(one, outcomes={Outcome.OK: 1000 - failures, Outcome.WRONG_BODY: failures})

    return with_each_slice(facts, fail)
