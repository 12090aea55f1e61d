"""What the tutorial that this project grew from says of servers, put to the test of one run.

Every claim is judged by comparisons that the run has made, each corrected for being one of many,
and by a rule that the report states beside it (`bench.report.claims`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bench.analysis.model import (
    AnsweredOver,
    ClaimTest,
    Judgement,
    Section,
    SettingsCost,
    TriedClaim,
    TutorialClaim,
)
from bench.analysis.processes import MEMORY, STARTUP, against
from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.facts.run import Manifest
from bench.facts.slice import Outcome
from bench.stats.family import Pair

Comparisons: TypeAlias = Mapping[str, tuple[Pair, ...]]

_BASE: Final = "uvicorn"
_OTHERS: Final = ("gunicorn", "hypercorn", "daphne", "uwsgi")
SLIGHT: Final = 1.25
"""Up to this ratio a difference is called slight: most people would not choose by it."""
_ABOUT: Final[Mapping[TutorialClaim, frozenset[str]]] = {
    TutorialClaim.UVICORN_IS_LIGHT: frozenset({STARTUP, CPU}),
    TutorialClaim.GUNICORN_NEEDS_MEMORY: frozenset({MEMORY}),
    TutorialClaim.DAPHNE_IS_SLOWER: frozenset({MEDIAN}),
    TutorialClaim.HYPERCORN_IS_SLOWER: frozenset({MEDIAN}),
    TutorialClaim.UWSGI_STARTS_SLOWLY: frozenset({STARTUP}),
    TutorialClaim.CACHING_HELPS: frozenset({MEDIAN, THROUGHPUT}),
}
"""The figures that each claim which is tested by comparisons is about, whatever a run has."""
_CLAIMED_PROTOCOLS: Final = (("h2", "h2c"), ("h3",))
"""What hypercorn is said to speak: each of these, in any of its forms."""


def tried(
    manifest: Manifest,
    sections: Sequence[Section],
    processes: Comparisons,
    costs: Sequence[SettingsCost],
) -> tuple[TriedClaim, ...]:
    """Judge every claim; those that the run has nothing to say of too.

    An app of the user's own is judged by none: they are about ordinary routes of FastAPI's.
    """
    if manifest.settings.own_app is not None:
        return ()
    run = _Run(_names(manifest), sections, processes)
    tests: Mapping[TutorialClaim, Iterable[ClaimTest]] = {
        TutorialClaim.UVICORN_IS_LIGHT: [
            *run.process(STARTUP, _OTHERS),
            *run.compared(CPU, _OTHERS),
        ],
        TutorialClaim.GUNICORN_NEEDS_MEMORY: run.process(MEMORY, ("gunicorn",)),
        TutorialClaim.DAPHNE_IS_SLOWER: run.compared(MEDIAN, ("daphne",)),
        TutorialClaim.HYPERCORN_IS_SLOWER: run.compared(MEDIAN, ("hypercorn",), most=SLIGHT),
        TutorialClaim.UWSGI_STARTS_SLOWLY: run.process(STARTUP, ("uwsgi",)),
        TutorialClaim.CACHING_HELPS: _caching(costs),
    }
    judged = {claim: _judged(claim, tuple(found)) for claim, found in tests.items()}
    judged[TutorialClaim.HYPERCORN_SPEAKS] = _speaking(_spoken(manifest, sections))
    return tuple(judged[claim] for claim in TutorialClaim)


@dataclass(frozen=True, slots=True)
class _Run:
    """The comparisons of a run, by the names of the servers that the claims are about."""

    names: Mapping[str, str]
    sections: Sequence[Section]
    processes: Comparisons

    def process(self, figure: str, others: Iterable[str]) -> Iterator[ClaimTest]:
        """Compare as processes; the claim is that uvicorn has less of it."""
        for other, base in self._both(others):
            pair = against(self.processes, figure, other, base)
            if pair is not None:
                yield ClaimTest(figure, pair, higher=True)

    def compared(
        self, figure: str, others: Iterable[str], most: float | None = None
    ) -> Iterator[ClaimTest]:
        """Compare at the common rate; the claim is that uvicorn has less of it."""
        for other, base in self._both(others):
            for section in self.sections:
                pair = section.against(base, figure).get(other)
                if pair is not None and section.load.mode is Mode.OPEN:
                    yield ClaimTest(
                        figure,
                        pair,
                        higher=True,
                        workload=section.workload,
                        load=section.load,
                        most=most,
                    )

    def _both(self, others: Iterable[str]) -> Iterator[tuple[str, str]]:
        base = self.names.get(_BASE)
        for other in others:
            if base is not None and other in self.names:
                yield self.names[other], base


def _names(manifest: Manifest) -> dict[str, str]:
    """The servers that the claims are about, as this run calls them: plain, in any version."""
    found: dict[str, str] = {}
    for server in manifest.servers:
        if server.twin_of is None and not server.settings:
            found.setdefault(server.name.partition("==")[0], server.name)
    return found


def _caching(costs: Sequence[SettingsCost]) -> Iterator[ClaimTest]:
    for cost in costs:
        if "cache" in cost.settings and cost.figure in _ABOUT[TutorialClaim.CACHING_HELPS]:
            yield ClaimTest(cost.figure, cost.pair, higher=cost.figure == THROUGHPUT, cost=cost)


def _judged(claim: TutorialClaim, tests: tuple[ClaimTest, ...]) -> TriedClaim:
    return TriedClaim(claim, tests, _judgement(tests, _ABOUT[claim]))


def _spoken(manifest: Manifest, sections: Sequence[Section]) -> tuple[AnsweredOver, ...]:
    """What hypercorn answered over each protocol that is claimed, in the manifest's order."""
    rows = [row for section in sections for row in section.rows]
    claimed = {protocol for forms in _CLAIMED_PROTOCOLS for protocol in forms}
    found = []
    for server in manifest.servers:
        bare = (server.speaker or server.name).partition("+")[0].partition("==")[0]
        if bare != "hypercorn" or server.protocol not in claimed or server.twin_of is not None:
            continue
        outcomes = [row.outcomes for row in rows if row.profile == server.name]
        found.append(
            AnsweredOver(
                server.name,
                server.protocol,
                sum(sum(counted.values()) for counted in outcomes),
                sum(counted.get(Outcome.OK, 0) for counted in outcomes),
            )
        )
    return tuple(found)


def _speaking(spoken: tuple[AnsweredOver, ...]) -> TriedClaim:
    """A protocol is spoken where answers over it were correct."""
    judgement = Judgement.NOT_SHOWN if spoken else Judgement.NOT_TESTED
    if any(each.requests and not each.correct for each in spoken):
        judgement = Judgement.CONTRADICTED
    elif all(
        any(each.protocol in forms and each.correct for each in spoken)
        for forms in _CLAIMED_PROTOCOLS
    ):
        judgement = Judgement.SUPPORTED
    return TriedClaim(TutorialClaim.HYPERCORN_SPEAKS, (), judgement, spoken)


def _judgement(tests: Sequence[ClaimTest], about: frozenset[str]) -> Judgement:
    """Every figure that a claim is about must agree somewhere, and none oppose anywhere.

    A figure that the run does not have agrees nowhere.
    """
    if not tests:
        return Judgement.NOT_TESTED
    if any(test.opposes for test in tests):
        return Judgement.CONTRADICTED
    if any(test.exceeds for test in tests):
        return Judgement.EXCEEDED
    agreeing = {test.figure for test in tests if test.agrees}
    return Judgement.SUPPORTED if agreeing >= about else Judgement.NOT_SHOWN
