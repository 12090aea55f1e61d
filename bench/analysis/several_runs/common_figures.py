"""Every figure that two runs have of the same server, before they are tested as one family."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bench.analysis.absence import Absence, PlainAbsence
from bench.analysis.several_runs.left_out import CellAbsent, FigureAbsent
from bench.analysis.several_runs.measured_run import PROCESS, MeasuredCell, MeasuredRun, figures_of
from bench.analysis.several_runs.pairing import PairedLoad
from bench.facts.load import Cell
from bench.stats.compare import Series
from bench.stats.estimate import Estimate
from bench.stats.unpaired import Unpaired, compare_unpaired, level, relative

_Figures: TypeAlias = Mapping[str, Series]
_UNMEASURED: Final = MeasuredCell({}, PlainAbsence.NO_SLICE)


@dataclass(frozen=True, slots=True)
class CommonFigure:
    """One figure of one server in both runs.

    place: None for what belongs to the process, whatever it was loaded with. a, b: the figure in
    each run. own: B / A. steadied: (server / baseline in B) / (server / baseline in A); None where
    there is no such baseline. suspect: the runs, A or B, in whose reports it is doubted.
    """

    profile: str
    place: PairedLoad | None
    figure: str
    a: Estimate
    b: Estimate
    own: Unpaired
    steadied: Unpaired | None
    suspect: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collector:
    """Goes through all that two runs have in common.

    baseline: the server that stands for the machine in both; None: there is none.
    """

    a: MeasuredRun
    b: MeasuredRun
    baseline: str | None

    def under(self, place: PairedLoad) -> Iterator[CommonFigure | CellAbsent | FigureAbsent]:
        """Compare every server at one load."""
        for profile in self._profiles():
            here = self.a.cells.get(Cell(profile, place.workload, place.a), _UNMEASURED)
            there = self.b.cells.get(Cell(profile, place.workload, place.b), _UNMEASURED)
            absences = _absences(here, there)
            if absences:
                yield CellAbsent(profile, place, absences)
            else:
                yield from self._cell(profile, place, here, there)

    def processes(self) -> Iterator[CommonFigure]:
        """Compare what every server takes to start and to keep; what is not known is no loss."""
        for profile in self._profiles():
            figures = self.a.processes.get(profile, {}), self.b.processes.get(profile, {})
            for figure in PROCESS:
                draft = self._draft(profile, None, figure, *figures)
                if draft is not None:
                    yield draft

    def _profiles(self) -> list[str]:
        return [name for name in self.a.profiles if name in self.b.profiles]

    def _cell(
        self, profile: str, place: PairedLoad, here: MeasuredCell, there: MeasuredCell
    ) -> Iterator[CommonFigure | FigureAbsent]:
        suspect = tuple(name for name, cell in (("A", here), ("B", there)) if cell.suspect)
        for figure in figures_of(place.mode):
            draft = self._draft(profile, place, figure, here.figures, there.figures, suspect)
            if draft is None:
                yield FigureAbsent(profile, place, figure)
            else:
                yield draft

    def _draft(
        self,
        profile: str,
        place: PairedLoad | None,
        figure: str,
        here: _Figures,
        there: _Figures,
        suspect: Sequence[str] = (),
    ) -> CommonFigure | None:
        """Compare one figure; None where either run has none."""
        a, b = here.get(figure, {}), there.get(figure, {})
        own, in_a, in_b = compare_unpaired(b, a), level(a), level(b)
        if own is None or in_a is None or in_b is None:
            return None
        steadied = self._steadied(profile, place, figure, a, b)
        return CommonFigure(profile, place, figure, in_a, in_b, own, steadied, tuple(suspect))

    def _steadied(
        self, profile: str, place: PairedLoad | None, figure: str, a: Series, b: Series
    ) -> Unpaired | None:
        """Compare what the server was to the baseline of its own run."""
        if self.baseline in {None, profile}:
            return None
        here, there = self._of_baseline(self.a, place), self._of_baseline(self.b, place)
        return compare_unpaired(
            relative(b, there.get(figure, {})), relative(a, here.get(figure, {}))
        )

    def _of_baseline(self, run: MeasuredRun, place: PairedLoad | None) -> _Figures:
        name = self.baseline or ""
        if place is None:
            return run.processes.get(name, {})
        load = place.a if run is self.a else place.b
        return run.cells.get(Cell(name, place.workload, load), _UNMEASURED).figures


def _absences(here: MeasuredCell, there: MeasuredCell) -> tuple[tuple[str, Absence], ...]:
    """Why there are no figures, by the run that has none."""
    cells = (("A", here), ("B", there))
    return tuple((run, cell.reason) for run, cell in cells if cell.reason is not None)
