"""summary.json: everything the report says, for programs; docs/summary.schema.json describes it.

Format 3: run, machine, instrument, selftest, distrust, reliance, headlines, remarks, sections
(cells, groups and comparisons), against_itself, claims, servers; where settings of the app were
given, settings_costs and the servers' settings; where answers were streams, those of a cell; where
they were counted, instructions.
Format 2 had figures of all slices, no stalls and
no reliance, stamped in place of raw, and a percentile wherever there was a time. Format 1 had
self_distrust, no groups, no claims and no against_itself, and ranked open loops by avg_ms; its
ratios had the intervals of each pair alone.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bench.analysis.model import (
    AgreedTls,
    CellDoubt,
    CellRow,
    ConnectionFigures,
    Contradiction,
    Effect,
    Figures,
    Moved,
    Section,
    ServerRow,
    StreamFigures,
    Summary,
    TriedClaim,
)
from bench.doubts import advice, says
from bench.facts.load import Sent
from bench.facts.run import Manifest
from bench.facts.selftest import ErrorBudget, SelfTest
from bench.facts.server import Gate
from bench.facts.slice import Cut, Stalls
from bench.facts.streams import LeftStreams
from bench.figures import IDLE_CONNECTION, OF_CONNECTIONS, OF_STREAMS
from bench.formatting import rounded
from bench.messages import accuracy
from bench.report.absences import faults, reason
from bench.report.claims import CLAIMS, VERDICTS, measured, rule
from bench.report.data.counted import counted
from bench.report.data.json_file import as_json, enveloped
from bench.report.data.run_csv import CORRECTED, ESTIMATES
from bench.report.data.values import estimate_of, ranked
from bench.report.exactness import BUDGETED
from bench.report.headline import headline, headlines
from bench.report.notes import notes, warnings
from bench.report.table_columns import DIFFERENCES
from bench.report.words import sent_in
from bench.stats.estimate import CONFIDENCE
from bench.stats.family import Pair

KIND = "summary"
FORMAT_VERSION = 3
EFFECTS = {
    Effect.NOTED: "noted",
    Effect.MOVED: "moved",
    Effect.NOT_COMPARABLE: "nothing to compare with",
    Effect.LASTING: "lasting",
    Effect.LEFT_OUT: "left out",
}


def to_json(summary: Summary) -> bytes:
    """Write the document."""
    return as_json(document(summary))


def document(summary: Summary) -> dict[str, object]:
    """Shape the document: plain values only; absent is null."""
    content = {
        "run": _run(summary),
        "machine": asdict(summary.manifest.machine),
        "instrument": asdict(summary.manifest.instrument),
        "selftest": _selftest(summary.manifest.selftest),
        "distrust": warnings(summary),
        "reliance": accuracy(summary.manifest.selftest) or None,
        "headlines": headlines(summary),
        "remarks": notes(summary),
        "sections": [_section(section, summary.manifest.baseline) for section in summary.sections],
        "against_itself": _against_itself(summary),
        **_settings_costs(summary),
        **_protocol_costs(summary),
        **counted(summary.counted),
        "claims": [_claim(claim, sent_in(summary)) for claim in summary.claims],
        "servers": [_server(server, summary.manifest) for server in summary.servers],
    }
    return enveloped(KIND, FORMAT_VERSION, content)


def _run(summary: Summary) -> dict[str, object]:
    manifest = summary.manifest
    return {
        "weighbridge": manifest.weighbridge,
        "started_at": manifest.started_at,
        "seed": manifest.seed,
        "command": list(manifest.command),
        "app": manifest.app,
        "tests": manifest.tests,
        "app_commit": manifest.app_commit,
        "commit": manifest.commit,
        "baseline": manifest.baseline,
        "rounds": summary.rounds,
        "replicates": str(summary.replicates),
        "confidence": CONFIDENCE,
        "under_load": rounded(summary.under_load),
        "tls": [_tls(agreed) for agreed in summary.tls],
        "cuts": {workload: _cut(cut) for workload, cut in summary.cuts.items()},
    }


def _tls(agreed: AgreedTls) -> dict[str, object]:
    return {
        "servers": list(agreed.servers),
        "version": agreed.version,
        "cipher": agreed.cipher,
        "resumed": agreed.resumed,
    }


def _cut(cut: Cut) -> dict[str, object]:
    return {
        "exposure_s": cut.exposure_s,
        "replayed_s": cut.replayed_s,
        "lead_in_s": cut.lead_in_s,
        "drain_s": cut.drain_s,
        "comparison_s": cut.window_s,
        "pieces": {str(mode): dict(pieces) for mode, pieces in cut.pieces.items()},
    }


def _section(section: Section, baseline: str) -> dict[str, object]:
    load = section.load
    return {
        "workload": section.workload,
        "mode": str(load.mode),
        "offered_rate": load.offered_rate,
        "connections": load.connections,
        "arrivals": load.arrivals and str(load.arrivals),
        "think_ms": rounded(section.think_s and 1000 * section.think_s),
        "ranked_by": section.ranked_by,
        "headline": headline(section, baseline),
        "compared_by": str(section.compared_by),
        "pieceless": list(section.pieceless),
        "contradicted": [_contradiction(one) for one in section.contradicted],
        "cells": [_cell(row) for row in section.rows],
        "groups": [list(group) for group in section.groups],
        "comparisons": [
            found
            for name, pairs in section.comparisons.items()
            for found in _comparisons(name, pairs)
        ],
        **_of_streams(section),
    }


def _of_streams(section: Section) -> dict[str, object]:
    """Every two servers by figures of streams; nothing where there were none."""
    found = [each for one in section.of_streams for each in _comparisons(one.figure, one.pairs)]
    return {"stream_comparisons": found} if found else {}


def _contradiction(one: Contradiction) -> dict[str, object]:
    return {
        "subject": one.exposures.subject,
        "reference": one.exposures.reference,
        "pieces": {"ratio": estimate_of(one.pieces.ratio), "shown": one.pieces.shown},
        "exposures": {"ratio": estimate_of(one.exposures.ratio), "shown": one.exposures.shown},
    }


def _cell(row: CellRow) -> dict[str, object]:
    return {
        "profile": row.profile,
        "protocol": row.protocol,
        "title": row.title,
        "rank": ranked(row.rank),
        "cpu_rank": ranked(row.cpu_rank),
        "group": row.group or None,
        "verdict": str(row.verdict),
        "reason": reason(row) or None,
        "slices": row.slices,
        "slices_counted": row.slices_counted,
        "requests": row.requests,
        "failures": row.failures,
        "outcomes": {str(outcome): count for outcome, count in row.outcomes.items()},
        "failed": [asdict(each) for each in row.failed],
        "errors": list(row.errors),
        "figures": _figures(
            row.figures,
            (*ESTIMATES, "pss_idle_mib", *CORRECTED, "stalled_share", *_if_known(row.figures)),
        ),
        "attribution": row.attribution and _rounded(asdict(row.attribution)),
        "stalls": row.stalls and _stalls(row.stalls),
        **({"streams": _streams(row.streams)} if row.streams else {}),
        **({"new_connections": _renewed(row.new_connections)} if row.new_connections else {}),
        "processes_changed": row.processes_changed,
        "settling_ms": rounded(None if row.settling_ns is None else row.settling_ns / 1e6),
        "doubts": [_doubt(doubt, row.cell.load.sent) for doubt in row.doubts],
        "moved": [_moved(one) for one in row.moved],
    }


def _stalls(found: Stalls) -> dict[str, object]:
    return {
        "count": found.count,
        "total_ms": rounded(found.total_ns / 1e6),
        "longest_ms": rounded(found.longest_ns / 1e6) if found.count else None,
    }


def _streams(found: StreamFigures) -> dict[str, object]:
    return {
        "count": found.streams,
        "events": found.events,
        "faults": {str(kind): count for kind, count in found.faults.items()},
        **{each.name: estimate_of(found.get(each.name)) for each in OF_STREAMS},
    }


def _renewed(found: ConnectionFigures) -> dict[str, object]:
    return {
        "count": found.connections,
        **{each.name: estimate_of(found.get(each.name)) for each in OF_CONNECTIONS},
    }


def _moved(one: Moved) -> dict[str, object]:
    return {
        "figure": one.figure,
        "with": estimate_of(one.with_),
        "without": rounded(one.without.value),
        "doubts": [str(kind) for kind in one.kinds],
        "exposures": one.exposures,
        "of": one.of,
    }


def _against_itself(summary: Summary) -> list[dict[str, object]]:
    return [
        {
            "workload": one.workload,
            "mode": str(one.load.mode),
            **_comparisons(one.figure, [one.pair])[0],
        }
        for one in summary.itself
    ]


def _claim(tried: TriedClaim, sent: Sent) -> dict[str, object]:
    return {
        "claim": CLAIMS[tried.claim],
        "rule": rule(tried.claim, sent),
        "measured": measured(tried),
        "verdict": VERDICTS[tried.judgement],
    }


def _settings_costs(summary: Summary) -> dict[str, object]:
    """Each with / without; nothing where no setting was given."""
    costs = [
        {
            "server": cost.server,
            "settings": cost.settings,
            "workload": cost.workload,
            "mode": str(cost.load.mode),
            **_comparisons(cost.figure, [cost.pair])[0],
        }
        for cost in summary.settings_costs
    ]
    return {"settings_costs": costs} if costs else {}


def _protocol_costs(summary: Summary) -> dict[str, object]:
    """Each over `protocol` / over `reference`; nothing where no server spoke several."""
    costs = [
        {
            "server": cost.server,
            "protocol": cost.protocol,
            "reference_protocol": cost.reference,
            "workload": cost.workload,
            "mode": str(cost.load.mode),
            **_comparisons(cost.figure, [cost.pair])[0],
        }
        for cost in summary.protocol_costs
    ]
    return {"protocol_costs": costs} if costs else {}


def _comparisons(figure: str, pairs: Iterable[Pair]) -> list[dict[str, object]]:
    return [
        {
            "figure": figure,
            "subject": pair.subject,
            "reference": pair.reference,
            "ratio": estimate_of(pair.ratio),
            "confidence": rounded(pair.confidence),
            "shown": pair.shown,
            "p": rounded(pair.comparison.p),
            "p_adjusted": rounded(pair.p_adjusted),
            "smallest_difference": rounded(pair.smallest),
            "power": {f"{size:.0%}": rounded(pair.power(size)) for size in DIFFERENCES},
            "replicates": str(pair.comparison.replicates),
            "pairs": pair.comparison.pairs,
        }
        for pair in pairs
    ]


def _server(server: ServerRow, manifest: Manifest) -> dict[str, object]:
    known = next((one for one in manifest.servers if one.name == server.profile), None)
    return {
        "profile": server.profile,
        "title": server.title,
        "interface": known and known.interface,
        "argv": list(known.argv) if known else None,
        "url": known and known.url,
        "packages": dict(known.packages) if known else None,
        "connection": server.connection,
        "protocol": server.protocol,
        "workers": server.workers,
        **({"settings": known.settings, "bare": known.bare} if known and known.settings else {}),
        **({"left_streams": _left(server.left)} if server.left else {}),
        "gate": server.gate and _gate(server.gate),
        "troubles": faults(server),
        "figures": _figures(
            server.figures, ("startup_ms", "pss_idle_mib", "pss_mib", *_if_known(server.figures))
        ),
    }


def _left(found: LeftStreams) -> dict[str, object]:
    """How clients that left streams were noticed."""
    return {
        "left": found.left,
        "noticed": len(found.noticed_ns),
        "within_ms": rounded(found.patience_ns / 1e6),
        "median_ms": rounded(found.median_ms),
        "longest_ms": rounded(found.longest_ms),
    }


def _if_known(found: Figures) -> tuple[str, ...]:
    """Names of figures that are there only where a workload is a WebSocket."""
    return (IDLE_CONNECTION.name,) if found.idle_connection_kib else ()


def _selftest(proof: SelfTest | None) -> dict[str, object] | None:
    if proof is None:
        return None
    return {**asdict(proof), "budget": _budget(proof.budget), "passed": proof.passed}


def _budget(budget: ErrorBudget) -> dict[str, object]:
    """Errors in ms, by the names of the figures that they are of."""
    found = {name: read(budget) for name, read in BUDGETED.items()}
    in_ms = {name: rounded(None if ns is None else ns / 1e6) for name, ns in found.items()}
    return {**in_ms, "experiments": budget.experiments}


def _rounded(figures: dict[str, Any]) -> dict[str, object]:
    """Every float in a document rounded, however deep."""
    return {
        name: _rounded(value) if isinstance(value, dict) else _rounded_if_float(value)
        for name, value in figures.items()
    }


def _rounded_if_float(value: object) -> object:
    return rounded(value) if isinstance(value, float) else value


def _gate(gate: Gate) -> dict[str, object]:
    return {
        "passed": gate.passed,
        "skipped": gate.skipped,
        "error": gate.error,
        "tests": [asdict(test) for test in gate.tests],
    }


def _doubt(doubt: CellDoubt, sent: Sent) -> dict[str, object]:
    return {
        "kind": str(doubt.kind),
        "worst": rounded(doubt.worst),
        "slices": doubt.slices,
        "of": doubt.of,
        "fatal": doubt.fatal,
        "effect": EFFECTS[doubt.effect],
        "says": says(doubt.kind, doubt.worst, sent),
        "advice": advice(doubt.kind, sent),
    }


def _figures(figures: Figures, names: Iterable[str]) -> dict[str, object]:
    return {name: estimate_of(figures.get(name)) for name in names}
