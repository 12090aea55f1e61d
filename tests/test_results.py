"""A run as tables for pandas."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.analysis.summary import summarize
from bench.errors import HarnessError, UsageError
from bench.facts.journal import JOURNAL, MANIFEST
from bench.facts.load import Cell
from bench.facts.run import Facts, Purpose
from bench.facts.slice import Doubt, DoubtKind, Outcome, Stalls, Verdict
from bench.report.data.run_csv import columns, csv
from bench.results import Results, load
from bench.stats.histogram import Histogram
from tests.build.compared import on_disk
from tests.build.old_format import as_format_4
from tests.build.runs import realistic, small
from tests.build.slices import CLOSED, OPEN, slice_of
from tests.build.variants import failing, with_manifest, with_slices, with_twin

PAGE = Path(__file__).parents[1] / "docs" / "reports.md"
HEADING = "The figures in pandas"
MS = 1_000_000

Loader = Callable[[Facts], Results]


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    """Write a run as the program does, and load it."""
    return lambda facts: load(on_disk(tmp_path / "run", facts))


def slices(folder: Path, facts: Facts) -> list[dict[str, Any]]:
    """The rows of a run's slices."""
    found = load(on_disk(folder, facts)).slices.to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in found]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(small, id="sound"),
        pytest.param(lambda: failing(realistic(rounds=2, rotations=1)), id="failing"),
        pytest.param(with_twin, id="A/A"),
        pytest.param(lambda: small("uvicorn", rounds=1), id="no intervals"),
        pytest.param(lambda: replace(small(), slices=()), id="no slices"),
    ],
)
def test_cells_are_those_of_summary_csv(make: Callable[[], Facts], loaded: Loader) -> None:
    """The same columns in the same order, and the same text when they are written."""
    facts = make()
    found = loaded(facts).cells
    assert list(found.columns) == columns()
    read = pd.read_csv(io.BytesIO(csv(summarize(facts))))
    kept = [name for name in columns() if not read[name].isna().all()]
    again = pd.read_csv(io.StringIO(found.to_csv(index=False)))
    pd.testing.assert_frame_equal(again[kept], read[kept], check_dtype=False)


def test_figures_are_numbers_and_counts_are_whole(loaded: Loader) -> None:
    """Text is text."""
    kinds = {name: str(kind) for name, kind in loaded(small()).cells.dtypes.items()}
    assert (kinds["p95_ms"], kinds["p95_ms_lo"], kinds["offered_rate"]) == ("float64",) * 3
    assert (kinds["requests"], kinds["wrong_status"], kinds["preemptions"]) == ("Int64",) * 3
    assert (kinds["profile"], kinds["verdict"], kinds["reason"]) == ("string",) * 3


def test_kinds_of_columns_do_not_depend_on_the_run(tmp_path: Path) -> None:
    """Also where nothing was measured, or everything failed: tables of runs can be joined."""
    runs = [small(), replace(small(), slices=()), failing(realistic(rounds=1, rotations=1))]
    loaded = [load(on_disk(tmp_path / str(n), facts)) for n, facts in enumerate(runs)]
    for one in loaded[1:]:
        assert one.cells.dtypes.equals(loaded[0].cells.dtypes)
        assert one.slices.dtypes.equals(loaded[0].slices.dtypes)


def test_what_is_absent_is_missing(loaded: Loader) -> None:
    """A server that failed its gate has no figure, and not 0 requests; closed loop has no rate."""
    cells = loaded(failing(realistic(rounds=1, rotations=1))).cells
    absent = cells[cells["profile"] == "gunicorn-asgi"]
    assert absent[["avg_ms", "requests", "failures", "rank"]].isna().all(axis=None)
    assert (absent["reason"] == "gate failed: 1 of 2 tests").all()
    assert cells.loc[cells["mode"] == "closed", "offered_rate"].isna().all()


def test_a_slice_is_a_row_with_its_units(tmp_path: Path) -> None:
    """Response times in open loop, ms; CPU over requests, us; windows and times in s."""
    doubts = (Doubt(DoubtKind.STOLEN_CPU, 0.2), Doubt(DoubtKind.SEND_LAG, 3, fatal=True))
    one = slice_of(
        Cell("uvicorn", "get_item", OPEN), 2, 3, [MS, 3 * MS] * 50, position=4, ended_s=12.5,
        outcomes={Outcome.OK: 100, Outcome.RESET: 1}, cpu_ns=200_000, cpu_requests=4,
        verdict=Verdict.INVALID, doubts=doubts, stolen_share=0.2, service=Histogram.empty(),
        stalls=Stalls(2, 100 * MS, 80 * MS),
    )  # fmt: skip
    (row,) = slices(tmp_path / "run", with_slices(small("uvicorn"), [one]))
    times = [row.pop(name) for name in ("avg_ms", "p50_ms", "p90_ms", "p95_ms")]
    assert times == pytest.approx([2, 1, 3, 3], rel=1e-3)
    assert pd.isna(row.pop("p99_ms"))  # of 100 requests it would be the longest
    assert row == {
        "profile": "uvicorn", "workload": "get_item", "mode": "open", "offered_rate_rps": 2400.0,
        "connections": 32, "round": 2, "rotation": 3, "position": 4, "role": "exposure",
        "warm_up": False, "ended_s": 12.5, "window_s": 0.5, "requests": 101, "failures": 1,
        "throughput_rps": 200.0, "cpu_us_per_request": 50.0, "stalled_share": 0.2,
        "longest_stall_ms": 80.0, "stalls": 2, "in_flight_mean": 32.0,
        "thinking_mean": 0.0, "stolen_share": 0.2,
        "verdict": "invalid", "doubts": "stolen_cpu; send_lag",
    }  # fmt: skip


def test_what_a_slice_does_not_know_is_missing(tmp_path: Path) -> None:
    """No answer, no processor time, no rate: NaN, and never 0."""
    one = slice_of(
        Cell("uvicorn", "get_item", CLOSED), 1, 1, [], cpu_ns=None, stolen_share=None,
    )  # fmt: skip
    (row,) = slices(tmp_path / "run", with_slices(small("uvicorn"), [one]))
    missing = {name for name, value in row.items() if pd.isna(value)}
    assert missing == {
        "offered_rate_rps", "avg_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms",
        "cpu_us_per_request", "stolen_share", "longest_stall_ms",
    }  # fmt: skip
    assert (row["requests"], row["throughput_rps"], row["doubts"]) == (0, 0.0, "")


def test_every_slice_is_there(loaded: Loader) -> None:
    """Those of warm-up and those of the twin too, in the order of the journal."""
    facts = realistic(rounds=2, rotations=1)
    found = loaded(facts).slices
    assert list(found["profile"]) == [one.cell.profile for one in facts.slices]
    assert list(found["warm_up"]) == [one.warm_up for one in facts.slices]


def test_slices_of_the_twin_are_there(loaded: Loader) -> None:
    """Under its own name; it has no cells."""
    found = loaded(with_twin())
    assert "uvicorn#2" in set(found.slices["profile"])
    assert "uvicorn#2" not in set(found.cells["profile"])


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    """As the reports do."""
    folder = on_disk(tmp_path / "run", replace(small(), drains=(), rates={}, ending=None))
    journal = folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-20])
    assert len(load(folder).slices) == len(small().slices) - 1


def test_the_folder_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moved, named by text, and with nothing but the facts in it."""
    on_disk(tmp_path / "run", small()).rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    assert len(load("moved").cells) == 4
    assert {path.name for path in (tmp_path / "moved").iterdir()} == {MANIFEST, JOURNAL}


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """With the line that the reports have for it."""
    with pytest.raises(UsageError, match="holds no run: it has no manifest"):
        load(tmp_path)
    old = on_disk(tmp_path / "old", small()) / MANIFEST
    old.write_text(re.sub(r'"format_version": \d+', '"format_version": 1', old.read_text()))
    with pytest.raises(UsageError, match="was written in format 1"):
        load(old.parent)


def test_a_search_for_capacity_is_refused(tmp_path: Path) -> None:
    """It says where its figures are."""
    facts = small()
    facts = with_manifest(facts, purpose=Purpose.CAPACITY)
    with pytest.raises(UsageError, match=r"is a search for capacity: .* capacity\.csv"):
        load(on_disk(tmp_path / "run", facts))


def test_a_damaged_journal_is_refused(tmp_path: Path) -> None:
    """A line in the middle, and a slice of no length."""
    for name, old, new in (
        ("torn", '"round":1,', '"round":'),
        ("impossible", '"window_ns":500000000', '"window_ns":0'),
    ):
        path = as_format_4(on_disk(tmp_path / name, small())) / JOURNAL
        path.write_text(path.read_text().replace(old, new))
        with pytest.raises(HarnessError, match="start a new run"):
            load(path.parent)


def code_of(heading: str) -> str:
    """The first block of Python below a heading of docs/reports.md."""
    section = PAGE.read_text(encoding="utf-8").partition(f"# {heading}\n")[2]
    return section.partition("```python\n")[2].partition("```")[0]


def test_the_example_in_the_documentation_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands there, in a checkout, on the folder that it names."""
    on_disk(tmp_path / "results" / "TIME", realistic(rounds=1, rotations=2))
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(code_of(HEADING), found)  # noqa: S102 - it is our own
    medians = found["medians"]
    assert isinstance(medians, pd.Series)
    assert medians["open", "daphne"] > medians["open", "uvicorn"] > 0
