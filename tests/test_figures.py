"""Each figure is described in one place, and everything that shows figures knows the same."""

import json
from dataclasses import fields
from pathlib import Path

from bench.analysis.model import Figures
from bench.figures import FIGURES, Better
from bench.report.data import run_csv

SCHEMA = Path(__file__).parents[1] / "docs" / "summary.schema.json"
BESIDE = "stalled_share"
"""An estimate that has a table of its own."""


def estimates() -> set[str]:
    """Names of what is estimated of a cell, without what is corrected of it."""
    names = {field.name for field in fields(Figures)}
    return {name for name in names if not name.startswith("corrected_")} - {BESIDE}


def test_every_estimate_is_described() -> None:
    """And nothing else is."""
    assert set(FIGURES) == estimates()


def test_the_schema_has_the_same_figures() -> None:
    """Those that are corrected are some of them."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    figures = schema["$defs"]["cell"]["properties"]["figures"]
    names = set(figures["properties"]) - {BESIDE}
    assert {name.removeprefix("corrected_") for name in names} == set(FIGURES)


def test_the_csv_file_has_all_of_them_with_their_intervals() -> None:
    """Each with both of its bounds."""
    columns = run_csv.columns()
    for name in FIGURES:
        assert {name, f"{name}_lo", f"{name}_hi"} <= set(columns)


def test_names_end_in_the_unit() -> None:
    """Durations and rates carry their unit."""
    units = {
        "ms": "_ms", "MiB": "_mib", "KiB": "_kib", "requests/s": "_rps",
        "\N{MICRO SIGN}s": "_us_per_request",
    }  # fmt: skip
    assert all(figure.name.endswith(units[figure.unit]) for figure in FIGURES.values())


def test_only_more_throughput_is_better() -> None:
    """Of time, CPU and memory less is."""
    more = [name for name, figure in FIGURES.items() if figure.better is Better.MORE]
    assert more == ["throughput_rps"]
