"""One run, reduced to what it is compared by: the figures of its slices and processes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from bench.analysis.absence import Absence
from bench.analysis.cells import exposed, judged
from bench.analysis.note import RecordedNote
from bench.analysis.series import series
from bench.analysis.slice_figures import FIGURES
from bench.errors import HarnessError, UsageError
from bench.facts.load import Cell, Mode
from bench.facts.run import Facts, Manifest, Purpose
from bench.facts.server import ServerFacts
from bench.facts.slice import Slice, Verdict
from bench.stats.compare import Series
from bench.system.program import call

PROCESS: Final = ("startup_ms", "pss_idle_mib", "pss_mib")
COMPARED: Final = (Purpose.COMPARISON, Purpose.REGRESSION)
_MS: Final = 1e-6  # ns to ms
_MIB: Final = 2.0**-20  # bytes to MiB


class PlainRunNote(Enum):
    """What is to be known before the figures of a run are believed."""

    INTERRUPTED = auto()
    FAILED = auto()
    CUT_OFF = auto()
    SELFTEST_FAILED = auto()
    SELFTEST_SKIPPED = auto()


RunNote: TypeAlias = RecordedNote | PlainRunNote
_ENDINGS: Final = {
    "interrupted": PlainRunNote.INTERRUPTED,
    "failed": PlainRunNote.FAILED,
    None: PlainRunNote.CUT_OFF,
}


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """One cell of one run.

    figures: of its usable slices, by name. reason: why there are none. suspect: whether the cell
    is doubted in its own run's report.
    """

    figures: Mapping[str, Series]
    reason: Absence | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """One run.

    name: its folder, as it was named. processes: start-up and memory, a value a round, by profile
    and figure. notes: what is to be known before its figures are believed.
    """

    name: str
    manifest: Manifest
    cells: Mapping[Cell, MeasuredCell]
    processes: Mapping[str, Mapping[str, Series]]
    notes: tuple[RunNote, ...]

    @property
    def profiles(self) -> list[str]:
        """Names of the servers, in the manifest's order; a twin measures noise, and is left out."""
        return [server.name for server in self.manifest.servers if server.twin_of is None]

    def server(self, name: str) -> ServerFacts | None:
        """Look up what was run under a name."""
        return next((each for each in self.manifest.servers if each.name == name), None)


def figures_of(mode: Mode) -> list[str]:
    """Name the figures that a load leaves free.

    At an offered rate the throughput is given; at saturation times follow from the throughput by
    Little's law.
    """
    given = "_rps" if mode is Mode.OPEN else "_ms"
    return [name for name in FIGURES if not name.endswith(given)]


def reduced(name: str, facts: Facts) -> MeasuredRun:
    """Keep what runs are compared by.

    Raises UsageError for a run that was not made to compare, and HarnessError for one whose slices
    were written by no generator.
    """
    manifest = facts.manifest
    if manifest.purpose not in COMPARED:
        is_search = manifest.purpose is Purpose.CAPACITY
        raise UsageError(
            f"'{name}' was made to "
            + ("find the highest rate that each server can take" if is_search else manifest.purpose)
            + ", not to compare servers under one load: name a run of "
            f"{call('run')} or {call('regress')}"
        )
    try:
        cells = {
            cell: _measured(cell, found, manifest) for cell, found in _by_cell(facts.slices).items()
        }
    except (ArithmeticError, ValueError) as error:
        raise HarnessError(
            f"'{name}' has a slice that no figure can be made of ({error}): restore its "
            "journal, or start a new run"
        ) from error
    processes = {server.name: _process(facts, server.name) for server in manifest.servers}
    return MeasuredRun(name, manifest, cells, processes, tuple(_notes(facts)))


def _by_cell(slices: Sequence[Slice]) -> dict[Cell, list[Slice]]:
    """Sort the exposures: no slice of one run has a partner in another, so pieces are of no use."""
    found: dict[Cell, list[Slice]] = defaultdict(list)
    for one in exposed(slices):
        found[one.cell].append(one)
    return found


def _measured(cell: Cell, slices: Sequence[Slice], manifest: Manifest) -> MeasuredCell:
    """The figures of a cell, unless its own run's report has none of it either."""
    found = judged(slices, manifest.seed, manifest.stage)
    if found.reason is not None:
        return MeasuredCell({}, found.reason)
    figures = {name: series(slices, FIGURES[name]) for name in figures_of(cell.load.mode)}
    return MeasuredCell(figures, None, found.verdict is Verdict.SUSPECT)


def _process(facts: Facts, profile: str) -> dict[str, Series]:
    launches = [launch for launch in facts.launches if launch.profile == profile]
    drains = [drain for drain in facts.drains if drain.profile == profile]
    return {
        "startup_ms": _a_round([(launch.round, launch.startup_ns) for launch in launches], _MS),
        "pss_idle_mib": _a_round(
            [(launch.round, launch.pss_idle_bytes) for launch in launches], _MIB
        ),
        "pss_mib": _a_round([(drain.round, drain.pss_loaded_bytes) for drain in drains], _MIB),
    }


def _a_round(values: Sequence[tuple[int, int | None]], unit: float) -> Series:
    """Values by round; the second start of a round that was begun again counts as its second."""
    found: dict[int, list[float]] = defaultdict(list)
    for round_, value in values:
        found[round_] += [] if value is None else [value * unit]
    return {(r, start): value for r, each in found.items() for start, value in enumerate(each)}


def _notes(facts: Facts) -> Iterator[RunNote]:
    proof = facts.manifest.selftest
    yield from map(RecordedNote, facts.notes)
    if facts.ending in _ENDINGS:
        yield _ENDINGS[facts.ending]
    if proof is None:
        yield PlainRunNote.SELFTEST_SKIPPED
    elif not proof.passed:
        yield PlainRunNote.SELFTEST_FAILED
