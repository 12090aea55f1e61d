"""A calibration as tables: one a place, one of all servers, and what of the targets is met."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from rich.table import Table

from bench.proof.calibration.experiment import FAVOURITE, OURS, WRK
from bench.proof.calibration.results import NULL, Calibration, CalibrationFigure
from bench.proof.calibration.target import AGREEMENT, COST, SERVER_COST, SPEED, TargetStanding
from bench.stats.compare import Comparison

_US: Final = 1e3
_MS: Final = 1e6
_LATENCIES: Final = {
    "mean ms": CalibrationFigure.MEAN_NS,
    "p50 ms": CalibrationFigure.P50_NS,
    "p99 ms": CalibrationFigure.P99_NS,
}
_FAULT: Final = "fault: see below"
_ALONE: Final = 2  # clients of a place that has no table of its own


def tables(found: Calibration) -> Iterator[Table]:
    """Those of the places where all clients were, then that of the servers, if there are any."""
    for place, clients in found.contests.items():
        if len(clients) > _ALONE or place == NULL:
            yield _of_place(found, place, clients)
    if _servers(found):
        yield _of_servers(found)


def targets(found: Calibration) -> Iterator[str]:
    """One line for each target: what was found of it. They are about wrk, so it must be there."""
    for place, target in ((NULL, SPEED), (NULL, COST), (FAVOURITE, SERVER_COST)):
        comparison = found.compare(place, OURS, WRK, target.figure)
        if comparison is not None:
            yield f"{target.words}: {target.standing(comparison)}, {_ratio(comparison, ' ')}"
        elif (fault := _faults(found, place)) is not None:
            yield f"{target.words}: {TargetStanding.NOT_DECIDED}, {fault}"
    if _servers(found) and WRK in found.contests[NULL]:
        yield f"{AGREEMENT.words}: {_agreement(found)}"


def _agreement(found: Calibration) -> str:
    standings: dict[str, list[str]] = {}
    for server in _servers(found):
        comparison = found.compare(server, OURS, WRK, AGREEMENT.figure)
        standing = AGREEMENT.standing(comparison) if comparison else "no figure"
        standings.setdefault(standing, []).append(server)
    return "; ".join(f"{standing} on {', '.join(names)}" for standing, names in standings.items())


def _servers(found: Calibration) -> list[str]:
    return [*(place for place in found.contests if place != NULL), *found.absent]


def _of_place(found: Calibration, place: str, clients: Sequence[str]) -> Table:
    table = _table(f"GET on {place}", "client")
    table.add_column("requests/s", justify="right", no_wrap=True)
    table.add_column("CPU us\nper request", justify="right", no_wrap=True)
    for title in _LATENCIES:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column(f"{OURS} / client\nrequests/s", justify="right", no_wrap=True)
    table.add_column(f"{OURS} / client\nCPU per request", justify="right", no_wrap=True)
    for client in clients:
        fault = found.fault(place, client)
        table.add_row(
            client,
            _FAULT if fault else _spread(found.values(place, client, CalibrationFigure.THROUGHPUT)),
            _median(found, place, client, CalibrationFigure.CPU_NS, _US, 1),
            *(_median(found, place, client, each, _MS, 3) for each in _LATENCIES.values()),
            _against(found, place, client, CalibrationFigure.THROUGHPUT),
            _against(found, place, client, CalibrationFigure.CPU_NS),
        )
    table.caption = _faults(found, place, clients, "\n")
    return table


def _of_servers(found: Calibration) -> Table:
    table = _table(f"{OURS} and {WRK} on every server", "server")
    for client in (OURS, WRK):
        table.add_column(f"{client}\nrequests/s", justify="right", no_wrap=True)
    table.add_column(f"{OURS} / {WRK}", justify="right", no_wrap=True)
    table.add_column(f"at least\n{AGREEMENT.bound:g}", no_wrap=True)
    table.add_column("note")
    for server in _servers(found):
        comparison = found.compare(server, OURS, WRK, AGREEMENT.figure)
        table.add_row(
            server,
            *(
                _spread(found.values(server, each, CalibrationFigure.THROUGHPUT))
                for each in (OURS, WRK)
            ),
            _ratio(comparison, "\n") if comparison else "",
            AGREEMENT.standing(comparison) if comparison else "",
            _note(found, server),
        )
    return table


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.header_style = "bold"
    table.caption_justify = "left"
    table.add_column(first)
    return table


def _note(found: Calibration, server: str) -> str:
    """Why a server has no figure, and what may make its figures differ."""
    if server in found.absent:
        return found.absent[server]
    notes = [_faults(found, server)]
    closed = found.closed(server, OURS)
    if closed:
        notes.append(f"it closed {closed:.1f} connections a slice, which {OURS} opened again")
    return "; ".join(filter(None, notes))


def _faults(
    found: Calibration, place: str, clients: Sequence[str] = (OURS, WRK), gap: str = "; "
) -> str | None:
    """Who has no figures on a place, and why; None: all have."""
    faults = {client: found.fault(place, client) for client in clients}
    said = [f"{client}: {words}" for client, words in faults.items() if words is not None]
    return gap.join(said) or None


def _spread(values: Sequence[float]) -> str:
    """The median, and below it the lowest and the highest."""
    if not values:
        return ""
    return f"{median(values):,.0f}\n{min(values):,.0f} to {max(values):,.0f}"


def _median(
    found: Calibration, place: str, client: str, figure: CalibrationFigure, unit: float, digits: int
) -> str:
    value = found.median(place, client, figure)
    return "" if value is None else f"{value / unit:,.{digits}f}"


def _against(found: Calibration, place: str, client: str, figure: CalibrationFigure) -> str:
    comparison = found.compare(place, OURS, client, figure) if client != OURS else None
    return "" if comparison is None else _ratio(comparison, "\n")


def _ratio(comparison: Comparison, gap: str) -> str:
    """A ratio, and its interval in brackets."""
    ratio = comparison.ratio
    if ratio.lo is None or ratio.hi is None:
        return f"{ratio.value:.3f}"
    return f"{ratio.value:.3f}{gap}({ratio.lo:.3f} to {ratio.hi:.3f})"
