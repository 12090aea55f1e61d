"""Which load of one run is to be compared with which of another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench.analysis.several_runs.comparable import same_rate
from bench.analysis.several_runs.measured_run import MeasuredRun
from bench.facts.load import Load, Mode


@dataclass(frozen=True, slots=True)
class PairedLoad:
    """A workload under a load, which may differ slightly in the other run."""

    workload: str
    a: Load
    b: Load

    @property
    def mode(self) -> Mode:
        """Open or closed, in both."""
        return self.a.mode


@dataclass(frozen=True, slots=True)
class LoadInOne:
    """A load that only one of the runs has; run: A or B."""

    workload: str
    load: Load
    run: str


@dataclass(frozen=True, slots=True)
class RatesDiffer:
    """A load whose offered rate is not the same in both runs, so that times are not comparable."""

    place: PairedLoad


Unpaired: TypeAlias = LoadInOne | RatesDiffer


def places(a: MeasuredRun, b: MeasuredRun) -> tuple[list[PairedLoad], list[Unpaired]]:
    """Pair the loads of two runs, workload by workload, open loops first."""
    paired: list[PairedLoad] = []
    left_out: list[Unpaired] = []
    for workload in dict.fromkeys([*_workloads(a), *_workloads(b)]):
        for mode in Mode:
            for found in _of_mode(workload, _loads(a, workload, mode), _loads(b, workload, mode)):
                if isinstance(found, PairedLoad):
                    paired.append(found)
                else:
                    left_out.append(found)
    return paired, left_out


def _workloads(run: MeasuredRun) -> Iterable[str]:
    return dict.fromkeys(cell.workload for cell in run.cells)


def _loads(run: MeasuredRun, workload: str, mode: Mode) -> list[Load]:
    """Lighter loads first."""
    loads = {c.load for c in run.cells if (c.workload, c.load.mode) == (workload, mode)}
    return sorted(loads, key=lambda load: (load.offered_rate or 0.0, load.connections))


def _of_mode(
    workload: str, a: Sequence[Load], b: Sequence[Load]
) -> Iterator[PairedLoad | Unpaired]:
    """Where each run has one load these two are a pair, else those that are alike."""
    if len(a) == len(b) == 1:
        yield _place(PairedLoad(workload, a[0], b[0]))
        return
    free = list(b)
    for load in a:
        partner = next((other for other in free if _alike(load, other)), None)
        if partner is None:
            yield LoadInOne(workload, load, "A")
        else:
            free.remove(partner)
            yield PairedLoad(workload, load, partner)
    yield from (LoadInOne(workload, load, "B") for load in free)


def _alike(a: Load, b: Load) -> bool:
    return a.connections == b.connections and same_rate(a.offered_rate, b.offered_rate)


def _place(found: PairedLoad) -> PairedLoad | RatesDiffer:
    same = same_rate(found.a.offered_rate, found.b.offered_rate)
    return found if same else RatesDiffer(found)
