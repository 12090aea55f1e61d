"""Instructions a request in summary.json, and in the same way in capacity.json."""

from collections.abc import Sequence

from bench.analysis.instructions.servers import CountedRow, CountedWorkload
from bench.facts.instructions import KernelWork
from bench.figures import INSTRUCTIONS
from bench.formatting import rounded
from bench.report.data.values import estimate_of, ranked


def counted(found: Sequence[CountedWorkload]) -> dict[str, object]:
    """Instructions a request; nothing where they were not counted."""
    every = [
        {
            "workload": each.workload,
            "counter": str(each.counter),
            "connections": each.connections,
            "servers": [_counted_row(row) for row in each.rows],
            "comparisons": [
                {
                    "subject": pair.subject,
                    "reference": pair.reference,
                    "ratio": estimate_of(pair.ratio),
                    "shown": pair.shown,
                    "p_adjusted": rounded(pair.p_adjusted),
                    "smallest_difference": rounded(pair.smallest),
                }
                for pair in each.pairs
            ],
        }
        for each in found
    ]
    return {"instructions": every} if every else {}


def _counted_row(row: CountedRow) -> dict[str, object]:
    return {
        "profile": row.profile,
        "rank": ranked(row.rank),
        INSTRUCTIONS.name: estimate_of(row.per_request),
        "failure": row.failure,
        "starts": row.starts,
        "requests": row.requests,
        "processes": row.processes,
        "settled": row.settled,
        "idle_share": rounded(row.idle_share),
        "kernel_instructions_per_request": rounded(row.kernel_per_request),
        "cycles_per_request": rounded(row.cycles_per_request),
        "kernel": row.kernel and _kernel(row.kernel),
        "packages": {one.package: rounded(one.per_request) for one in row.packages},
        "functions": [
            {
                "package": one.package,
                "function": one.function,
                "per_request": rounded(one.per_request),
                "more_than_baseline": rounded(one.more),
            }
            for one in row.functions
        ],
    }


def _kernel(work: KernelWork) -> dict[str, object]:
    return {
        "context_switches_per_request": rounded(work.context_switches / work.requests),
        "page_faults_per_request": rounded(work.page_faults / work.requests),
        "system_calls_per_request": None
        if work.calls is None
        else {name: rounded(count / work.traced) for name, count in work.calls.items()},
    }
