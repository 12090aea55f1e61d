"""Plain values for programs: what CSV and JSON are made of."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from bench.stats.estimate import Estimate
from bench.summary.words import rounded


def bounded(name: str, estimate: Estimate | None) -> dict[str, object]:
    """Flatten an estimate: the figure, its lower and its upper bound."""
    return {
        name: rounded(estimate.value if estimate else None),
        f"{name}_lo": rounded(estimate.lo if estimate else None),
        f"{name}_hi": rounded(estimate.hi if estimate else None),
    }


def as_csv(lines: Sequence[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    """Write a table: UTF-8, comma, one header line, line feeds; what is absent is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def as_json(document: Mapping[str, object]) -> bytes:
    """Write a document: UTF-8, indented, no NaN."""
    return f"{json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)}\n".encode()
