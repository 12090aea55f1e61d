"""The figures of one cell, and of one process, from their slices and launches."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.analysis.absence import Absence
from bench.analysis.attribution import attribution
from bench.analysis.connections import connection_figures
from bench.analysis.influence import Influence, weigh
from bench.analysis.model import CellDoubt, CellRow, Figures, Moved
from bench.analysis.slice_figures import timings, usable
from bench.analysis.streams import stream_figures
from bench.analysis.verdicts import aggregate, invalid, reason, verdict
from bench.analysis.withheld_percentiles import PERCENTS, known
from bench.facts.combining import examples, occurrences
from bench.facts.load import Cell
from bench.facts.run import Facts
from bench.facts.server import IdleConnections
from bench.facts.slice import Outcome, Role, Slice, Stalls, Verdict
from bench.stats import bootstrap
from bench.stats.bootstrap import Resampling
from bench.stats.estimate import ROUNDS_NEEDED, Estimate
from bench.stats.histogram import Histogram

ERRORS = 3  # different failures that a cell keeps in words
_NO_INTERVAL = 0  # replications
_MS = 1e-6  # ns to ms
_US = 1e-3  # ns to us
_MIB = 2.0**-20  # bytes to MiB
_KIB = 2.0**-10  # bytes to KiB


def exposed(slices: Iterable[Slice]) -> list[Slice]:
    """Keep what figures are read from: load that went on without a break."""
    return [s for s in slices if s.role is Role.EXPOSURE]


def compared(slices: Mapping[str, Sequence[Slice]]) -> dict[str, list[Slice]]:
    """Keep what servers are compared by, of the slices of each at one load.

    Pieces that were taken in turns, where enough rounds have them; a server that has none is left
    with its exposures, as all are where time was short.
    """
    exposures = {name: exposed(each) for name, each in slices.items()}
    pieces = {name: [s for s in each if s.role is Role.COMPARISON] for name, each in slices.items()}
    if not pieces_suffice(_rounds(pieces), _rounds(exposures)):
        return exposures
    return {name: each or exposures[name] for name, each in pieces.items()}


def pieces_suffice(rounds: int, exposed_rounds: int) -> bool:
    """Whether so many rounds with pieces tell more than so many with exposures.

    Two rounds have no interval that covers how one process differs from the next; three have.
    """
    return rounds >= min(ROUNDS_NEEDED, max(1, exposed_rounds))


def _rounds(slices: Mapping[str, Iterable[Slice]]) -> int:
    return len({one.round for each in slices.values() for one in each})


@dataclass(frozen=True, slots=True)
class Judged:
    """What the doubts of one cell come to, and why it has no figures, if it has none."""

    verdict: Verdict
    doubts: tuple[CellDoubt, ...]
    moved: tuple[Moved, ...]
    reason: Absence | None


def judged(slices: Sequence[Slice], seed: int, stage: int | None = None) -> Judged:
    """Judge one cell by its exposures, those that are invalid among them; there is at least one."""
    return _judged(slices, lambda: _figures(usable(slices), Figures(), seed, stage), seed)


def _judged(slices: Sequence[Slice], figures: Callable[[], Figures], seed: int) -> Judged:
    found = weigh(
        slices,
        figures,
        lambda sound: _figures(sound, Figures(), seed, None, replications=_NO_INTERVAL),
    )
    if invalid(slices):
        found = Influence(found.effects)
    doubts = aggregate(slices, found.effects)
    came = verdict(slices, doubts)
    why = reason(slices, doubts) if came is Verdict.INVALID else None
    return Judged(came, doubts, found.moved, why)


def row(
    cell: Cell,
    title: str,
    slices: Sequence[Slice],
    process: Figures,
    seed: int,
    stage: int | None = None,
) -> CellRow:
    """Sum up one cell from its exposures; there is at least one.

    `stage`: see `bench.stats.bootstrap.resampling`.
    """
    used = [] if invalid(slices) else usable(slices)
    figures = _figures(used, process, seed, stage) if used else process
    found = _judged(slices, lambda: figures, seed)
    outcomes: Counter[Outcome] = Counter()
    for one in slices:
        outcomes.update(one.outcomes)
    return CellRow(
        cell,
        title,
        found.verdict,
        slices=len(used),
        slices_counted=len(slices),
        outcomes={outcome: outcomes[outcome] for outcome in Outcome if outcomes[outcome]},
        statuses=occurrences([each.statuses for each in slices]),
        examples=examples([each.examples for each in slices]),
        errors=tuple(dict.fromkeys(error for one in slices for error in one.errors))[:ERRORS],
        figures=figures,
        timings=_merged(used),
        attribution=attribution(used) if used else None,
        stalls=_stalls(used) if used else None,
        streams=stream_figures(used, _draws(used, seed, stage)) if used else None,
        new_connections=connection_figures(used, _draws(used, seed, stage)) if used else None,
        doubts=found.doubts,
        moved=found.moved,
        processes_changed=sum(one.processes_changed for one in slices),
        settling_ns=max(
            (one.settling_ns for one in slices if one.settling_ns is not None), default=None
        ),
        reason=found.reason,
    )


def process_figures(facts: Facts, profile: str) -> Figures:
    """Start-up time and memory of one profile: means over its launches, a value a round."""
    launches = [launch for launch in facts.launches if launch.profile == profile]
    drains = [drain for drain in facts.drains if drain.profile == profile]
    seed = facts.manifest.seed
    return Figures(
        startup_ms=_mean([launch.startup_ns for launch in launches], _MS, seed),
        pss_idle_mib=_mean([launch.pss_idle_bytes for launch in launches], _MIB, seed),
        pss_mib=_mean([drain.pss_loaded_bytes for drain in drains], _MIB, seed),
        idle_connection_kib=_mean([_each(drain.idle) for drain in drains], _KIB, seed),
    )


def _each(idle: IdleConnections | None) -> float | None:
    """Bytes for each; None where the server became no heavier, or it was not measured."""
    if idle is None or idle.with_bytes <= idle.without_bytes:
        return None
    return (idle.with_bytes - idle.without_bytes) / idle.number


def _stalls(slices: Sequence[Slice]) -> Stalls:
    """Those of all slices together."""
    return Stalls(
        count=sum(s.stalls.count for s in slices),
        total_ns=sum(s.stalls.total_ns for s in slices),
        longest_ns=max(s.stalls.longest_ns for s in slices),
    )


def _mean(values: Sequence[float | None], unit: float, seed: int) -> Estimate | None:
    known = [value * unit for value in values if value is not None]
    return bootstrap.mean(known, seed=seed)


def _figures(
    slices: Sequence[Slice],
    process: Figures,
    seed: int,
    stage: int | None,
    *,
    replications: int = bootstrap.REPLICATIONS,
) -> Figures:
    """Every figure of these slices; without replications they have no intervals."""
    draws = _draws(slices, seed, stage, replications)
    times = _times([timings(s) for s in slices], draws)
    corrected = _times([s.corrected for s in slices], draws)
    return replace(
        process,
        throughput_rps=bootstrap.ratio_of_sums(
            [s.throughput_parts[0] for s in slices], [s.throughput_parts[1] for s in slices], draws
        ),
        cpu_us_per_request=_cpu(slices, seed, stage, replications),
        stalled_share=_stalled_share(slices, draws),
        **times,
        **{f"corrected_{name}": figure for name, figure in corrected.items()},
    )


def _draws(
    slices: Sequence[Slice],
    seed: int,
    stage: int | None,
    replications: int = bootstrap.REPLICATIONS,
) -> Resampling:
    """The same for all figures of these slices."""
    rounds = [s.round for s in slices]
    return bootstrap.resampling(rounds, seed=seed, stage=stage, replications=replications)


def _stalled_share(slices: Sequence[Slice], draws: Resampling) -> Estimate | None:
    """Of the windows; an interval around a share that is nearly 0 must not reach below it."""
    found = bootstrap.ratio_of_sums(
        [float(s.stalls.total_ns) for s in slices], [float(s.window_ns) for s in slices], draws
    )
    if found is None or found.lo is None or found.hi is None:
        return found
    return Estimate(found.value, max(0.0, found.lo), min(1.0, found.hi))


def _times(found: Sequence[Histogram | None], draws: Resampling) -> dict[str, Estimate]:
    """Average and percentiles of all slices pooled, ms, by name; none when nothing is known."""
    histograms = [Histogram.empty() if each is None else each for each in found]
    requests = sum(histogram.total for histogram in histograms)
    percents = [percent for percent in PERCENTS if known(percent, requests)]
    times = bootstrap.pooled(histograms, percents, draws)
    if times is None:
        return {}
    names = ("avg_ms", *(f"p{percent:g}_ms" for percent in percents))
    estimates = (times.mean, *times.percentiles)
    return {name: one.scaled(_MS) for name, one in zip(names, estimates, strict=True)}


def _cpu(
    slices: Sequence[Slice], seed: int, stage: int | None, replications: int
) -> Estimate | None:
    """CPU time of the tree / requests answered in that time, us; of slices where it was read."""
    read = [(s.round, s.cpu_ns * _US, s.cpu_requests) for s in slices if s.cpu_ns is not None]
    if not read:
        return None
    rounds, times_us, requests = zip(*read, strict=True)
    draws = bootstrap.resampling(rounds, seed=seed, stage=stage, replications=replications)
    return bootstrap.ratio_of_sums(times_us, requests, draws)


def _merged(slices: Sequence[Slice]) -> Histogram | None:
    """Pool the times of all slices, ns; None when there are none."""
    merged = Histogram.merged(timings(s) for s in slices)
    return merged if merged.total else None
