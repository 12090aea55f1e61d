"""Two runs compared: every figure of B over the same figure of A."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench.analysis.several_runs.common_figures import Collector, CommonFigure
from bench.analysis.several_runs.comparable import Difference, may_differ, must_agree, same_server
from bench.analysis.several_runs.left_out import LeftOut, ServerInOne
from bench.analysis.several_runs.measured_run import MeasuredRun
from bench.analysis.several_runs.pairing import PairedLoad, places
from bench.errors import UsageError
from bench.facts.server import ServerFacts
from bench.stats.estimate import Estimate
from bench.stats.unpaired import Member, as_family


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One figure of one server in both runs, tested; `CommonFigure` explains the fields."""

    profile: str
    place: PairedLoad | None
    figure: str
    a: Estimate
    b: Estimate
    own: Member
    steadied: Member | None
    suspect: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaselinesDiffer:
    """Each run has another baseline."""

    a: str
    b: str


@dataclass(frozen=True, slots=True)
class BaselineMissing:
    """The baseline is not in both runs."""

    name: str


@dataclass(frozen=True, slots=True)
class BaselineChanged:
    """The baseline is not the same in both runs; packages: name, version in A, version in B."""

    name: str
    packages: tuple[tuple[str, str, str], ...]


NoBaseline: TypeAlias = BaselinesDiffer | BaselineMissing | BaselineChanged


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Everything that the comparison of two runs says.

    differences: what ought to agree and does not. permitted: what may differ, and does. baseline:
    the server that is the same in both runs, to which others are related; None: there is none, for
    the reason in `no_baseline`.
    """

    a: MeasuredRun
    b: MeasuredRun
    differences: tuple[Difference, ...]
    permitted: tuple[Difference, ...]
    baseline: str | None
    no_baseline: NoBaseline | None
    rows: tuple[ComparedFigure, ...]
    left_out: tuple[LeftOut, ...]


def between(a: MeasuredRun, b: MeasuredRun, *, anyway: bool = False) -> RunComparison:
    """Compare two runs; all comparisons are one family.

    Raises UsageError where they differ in what figures depend on, unless it is to be done anyway.
    """
    differences = must_agree(a.manifest, b.manifest)
    if differences and not anyway:
        raise _refusal(a, b, differences)
    paired, apart = places(a, b)
    baseline, no_baseline = _baseline(a, b)
    collector = Collector(a, b, baseline)
    found = [
        *(one for place in paired for one in collector.under(place)),
        *collector.processes(),
    ]
    absent = (each for each in found if not isinstance(each, CommonFigure))
    return RunComparison(
        a,
        b,
        tuple(differences),
        tuple(may_differ(a.manifest, b.manifest)),
        baseline,
        no_baseline,
        tuple(_tested([one for one in found if isinstance(one, CommonFigure)])),
        (*_in_one_only(a, b), *apart, *absent),
    )


def _refusal(a: MeasuredRun, b: MeasuredRun, differences: Sequence[Difference]) -> UsageError:
    listed = "; ".join(map(str, differences))
    return UsageError(
        f"'{a.name}' and '{b.name}' differ in conditions that figures depend on: {listed}; "
        "measure both under the same conditions, or pass --anyway"
    )


def _baseline(a: MeasuredRun, b: MeasuredRun) -> tuple[str | None, NoBaseline | None]:
    """Find the server that stands for the machine in both runs, or why there is none."""
    name, other = a.manifest.baseline, b.manifest.baseline
    if name != other:
        return None, BaselinesDiffer(name, other)
    here, there = a.server(name), b.server(name)
    if here is None or there is None:
        return None, BaselineMissing(name)
    if not same_server(here, there):
        return None, BaselineChanged(name, _changes(here, there))
    return name, None


def _changes(a: ServerFacts, b: ServerFacts) -> tuple[tuple[str, str, str], ...]:
    """Its packages whose versions are not the same."""
    return tuple(
        (name, a.packages[name], b.packages[name])
        for name in sorted(a.packages.keys() & b.packages.keys())
        if a.packages[name] != b.packages[name]
    )


def _tested(drafts: Sequence[CommonFigure]) -> Iterator[ComparedFigure]:
    """Correct all comparisons as one family."""
    steadied = [draft.steadied for draft in drafts if draft.steadied is not None]
    members = as_family([*(draft.own for draft in drafts), *steadied])
    others = iter(members[len(drafts) :])
    for one, member in zip(drafts, members, strict=False):
        yield ComparedFigure(
            one.profile,
            one.place,
            one.figure,
            one.a,
            one.b,
            member,
            None if one.steadied is None else next(others),
            one.suspect,
        )


def _in_one_only(a: MeasuredRun, b: MeasuredRun) -> Iterator[ServerInOne]:
    for run, other, name in ((a, b, "A"), (b, a, "B")):
        for profile in run.profiles:
            if profile not in other.profiles:
                yield ServerInOne(profile, name)
