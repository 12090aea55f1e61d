"""What the tutorial that this project grew from says of servers, put to the test of one run.

Every claim is judged by comparisons that the run has made, each corrected for being one of many,
and by a rule that stands beside it in the report.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.analysis.model import Judgement, Section, SettingsCost, TriedClaim
from bench.analysis.processes import MEMORY, STARTUP, against
from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.facts.run import Manifest
from bench.formatting import listing, load_in_words, spoken
from bench.stats.family import Pair

Comparisons = Mapping[str, tuple[Pair, ...]]


@dataclass(frozen=True, slots=True)
class _Test:
    """One comparison that bears on a claim: in words, and which way the claim says it goes."""

    says: str
    pair: Pair
    higher: bool

    @property
    def agrees(self) -> bool:
        """Whether it shows what the claim says."""
        return self.pair.shown and (self.pair.comparison.center > 0) is self.higher

    @property
    def opposes(self) -> bool:
        """Whether it shows the opposite."""
        return self.pair.shown and not self.agrees

    @property
    def told(self) -> str:
        """The figures in a sentence."""
        ratio = spoken(self.pair.ratio)
        return f"{self.says}: {ratio}{'' if self.pair.shown else ', no difference shown'}"


_BASE: Final = "uvicorn"
_OTHERS: Final = ("gunicorn", "hypercorn", "daphne", "uwsgi")
_ONE_WAY: Final = (
    "Supported if a comparison shows it and none shows the opposite; contradicted if one shows the "
    "opposite."
)


_CACHING_RULE: Final = (
    "The same server with a cache and without, in one run: median response time in open loop and "
    "throughput in closed loop. Supported if both are shown on a workload, and nowhere the "
    "opposite of either; contradicted if the opposite of one is."
)


def tried(
    manifest: Manifest,
    sections: Sequence[Section],
    processes: Comparisons,
    costs: Sequence[SettingsCost],
) -> tuple[TriedClaim, ...]:
    """Judge every claim; those that the run has nothing to say of too.

    An app of the user's own is judged by none: they are about ordinary routes of FastAPI's.
    """
    if "started_in" in manifest.settings:
        return ()
    run = _Run(_names(manifest), sections, processes)
    return (
        _judged(
            "uvicorn starts fast and has little overhead",
            "Start-up time and CPU per request in open loop, against each of gunicorn, "
            "hypercorn, daphne and uWSGI: supported if uvicorn is shown to take less of both "
            "than at least one of them, and none is shown to take less than uvicorn; "
            "contradicted if one is.",
            [*run.process(STARTUP, "start-up", _OTHERS), *run.cpu(_OTHERS)],
        ),
        _judged(
            "gunicorn with uvicorn workers uses more memory than uvicorn alone",
            f"Proportional set size of the process tree after its load. {_ONE_WAY}",
            [*run.process(MEMORY, "memory", ("gunicorn",))],
        ),
        _judged(
            "daphne is slower than uvicorn on ordinary FastAPI routes",
            f"Median response time in open loop, by workload. {_ONE_WAY}",
            [*run.times("daphne")],
        ),
        _judged(
            "hypercorn's baseline latency is slightly higher than uvicorn's",
            "Median response time in open loop, by workload; whether it is slight is for the "
            f"reader to judge from the ratio. {_ONE_WAY}",
            [*run.times("hypercorn")],
        ),
        _judged(
            "uWSGI starts more slowly than uvicorn",
            f"From launch to the first correct response. {_ONE_WAY}",
            [*run.process(STARTUP, "start-up", ("uwsgi",))],
        ),
        _judged(
            "caching lowers latency and raises throughput",
            _CACHING_RULE,
            [*_caching(costs)],
        ),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """The comparisons of a run, by the names of the servers that the claims are about."""

    names: Mapping[str, str]
    sections: Sequence[Section]
    processes: Comparisons

    def process(self, figure: str, called: str, others: Iterable[str]) -> Iterator[_Test]:
        """Compare as processes; the claim is that uvicorn has less of it."""
        for other, base in self._both(others):
            pair = against(self.processes, figure, other, base)
            if pair is not None:
                yield _Test(f"{called}, {other} / {base}", pair, higher=True)

    def cpu(self, others: Iterable[str]) -> Iterator[_Test]:
        """CPU at the common rate."""
        yield from self._compared(CPU, "CPU per request", others)

    def times(self, other: str) -> Iterator[_Test]:
        """Median response time at the common rate."""
        yield from self._compared(MEDIAN, "median response time", (other,))

    def _compared(self, figure: str, called: str, others: Iterable[str]) -> Iterator[_Test]:
        for other, base in self._both(others):
            for section in self.sections:
                pair = section.against(base, figure).get(other)
                if pair is not None and section.load.mode is Mode.OPEN:
                    where = f"{section.workload} at {load_in_words(section.load)}"
                    yield _Test(f"{called}, {other} / {base}, {where}", pair, higher=True)

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


def _caching(costs: Sequence[SettingsCost]) -> Iterator[_Test]:
    names = {MEDIAN: "median response time", THROUGHPUT: "throughput"}
    for cost in costs:
        if "cache" in cost.settings and cost.figure in names:
            where = f"{cost.workload}, {cost.setting} on {cost.server}"
            yield _Test(
                f"{names[cost.figure]}, with / without, {where}",
                cost.pair,
                higher=cost.figure == THROUGHPUT,
            )


def _judged(claim: str, rule: str, tests: Sequence[_Test]) -> TriedClaim:
    return TriedClaim(claim, rule, tuple(test.told for test in tests), _judgement(tests))


def _judgement(tests: Sequence[_Test]) -> Judgement:
    """Every kind of figure that a claim names must agree somewhere, and none oppose anywhere."""
    if not tests:
        return Judgement.NOT_TESTED
    if any(test.opposes for test in tests):
        return Judgement.CONTRADICTED
    kinds = {_kind(test) for test in tests}
    agreeing = {_kind(test) for test in tests if test.agrees}
    return Judgement.SUPPORTED if agreeing == kinds else Judgement.NOT_SHOWN


def _kind(test: _Test) -> str:
    return test.says.partition(",")[0]


def told(every: Sequence[TriedClaim]) -> str:
    """Say in a sentence what came of all of them."""
    parts = []
    for judgement in Judgement:
        count = sum(one.judgement is judgement for one in every)
        if count:
            parts.append(f"{count} {judgement.removesuffix(' by this run')}")
    return f"Of {len(every)} claims: {listing(parts)}."
