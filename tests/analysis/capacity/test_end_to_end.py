"""A real search, on a server whose capacity is known."""

import csv
import select
import signal
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.run import Purpose
from bench.proof.reference import exact_server
from tests.end_to_end.program import adopted, bench, wait_for_lines
from tests.proof.selftest.reference_server import running

pytestmark = [
    pytest.mark.timed,
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(select, "epoll"), reason="its server needs epoll"),
]

SERVED_NS = 1_000_000
LIMIT_S = 0.05
EXACT = 1e9 / SERVED_NS - 2.9957 / LIMIT_S  # mu - ln(20) / limit: 940 requests a second
TOLERANCE = 0.06
"""Of the estimate. In virtual time its standard deviation is 2.3 % with so small a budget; other
programs on the machine take their share of the server's core, which lowers it."""

PROFILE = """
name = "queue"
title = "a queue"
interface = "asgi"
url = "{url}"
"""
WORKLOAD = f"""
from bench.proof.reference.workloads.timed_workload import exchanges as timed

def exchanges(base_url):
    yield from timed(base_url.copy_with(path="/queue/exponential/{SERVED_NS}"))
"""


TRIES = 3
"""As in the self-test: what a disturbed machine keeps from being shown is tried again."""


def asked(tmp_path: Path, url: str) -> list[str]:
    """The command line of a search on a queue that runs already."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "queue.toml").write_text(PROFILE.format(url=url), encoding="utf-8")
    (tmp_path / "queue.py").write_text(WORKLOAD, encoding="utf-8")
    return [
        "capacity", "--no-selftest", "--servers", "queue", "--app", "none:app", "--tests", "none",
        "--profile", str(tmp_path / "queue.toml"), "--workload", str(tmp_path / "queue.py"),
        "--slo", f"p95<{LIMIT_S * 1e3:g}ms", "--resolution", "5%", "--budget", "70s",
        "--seed", "3", "--out", str(tmp_path / "run"),
    ]  # fmt: skip


def line_of(folder: Path) -> dict[str, str]:
    """What a search has found of its only server."""
    with (folder / "run" / "capacity.csv").open(encoding="utf-8") as file:
        (line,) = csv.DictReader(file)
    return line


def is_exact(line: dict[str, str]) -> bool:
    """Whether the estimate and its interval are where they must be."""
    if not all(line[f"capacity_rps{end}"] for end in ("", "_lo", "_hi")):
        return False
    value, lo, hi = (float(line[f"capacity_rps{end}"]) for end in ("", "_lo", "_hi"))
    return (
        value == pytest.approx(EXACT, rel=TOLERANCE)
        and lo <= EXACT * (1 + TOLERANCE)
        and hi >= EXACT * (1 - TOLERANCE)
    )


def test_the_capacity_of_the_exact_server_is_found(tmp_path: Path) -> None:
    """An M/M/1 of 1,000 requests a second gives out at 940."""
    lines: list[dict[str, str]] = []
    folder = tmp_path
    with running(exact_server) as client:
        for turn in range(TRIES):
            folder = tmp_path / str(turn)
            done = bench(*asked(folder, str(client.base_url).rstrip("/")))
            assert "Traceback" not in done.stderr, done.stderr
            assert journal.read(folder / "run").manifest.purpose is Purpose.CAPACITY
            lines.append(line_of(folder))
            if is_exact(lines[-1]):
                break

    assert is_exact(lines[-1]), lines
    assert lines[-1]["gave_out"] == "p95<50ms"
    again = bench("report", str(folder / "run"))
    assert again.returncode == 0, again.stderr


def test_an_interrupted_search_keeps_what_was_measured(tmp_path: Path) -> None:
    """Exit code 130, nothing left running, and a report of what there is."""
    with (
        running(exact_server) as client,
        (tmp_path / "said").open("w", encoding="utf-8") as said,
        adopted(asked(tmp_path, str(client.base_url).rstrip("/")), said) as search,
    ):
        wait_for_lines(tmp_path / "run", 6, search)
        search.send(signal.SIGINT)
        end = search.end()

    assert end["status"] == 130
    assert end["left"] == []
    assert "slices are kept in" in (tmp_path / "said").read_text(encoding="utf-8")
    again = bench("report", str(tmp_path / "run"))
    assert again.returncode == 0, again.stderr
    assert "interrupted" in (tmp_path / "run" / "capacity.md").read_text(encoding="utf-8")
