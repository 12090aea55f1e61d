"""What a large run's report takes: `nox -s tests -- -m long -s tests/report/test_large.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.facts import journal
from bench.facts.run import Facts
from bench.facts.slice import Pieces, Slice
from bench.report.files import write
from bench.report.formats import Format
from bench.system import clock
from tests.build.runs import SEVEN, realistic
from tests.build.variants import with_manifest

PIECES = 16
WORKLOADS = ("get_item", "create_item", "mixed")
LARGEST = 5_000_000  # bytes of report.html
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve servers, three workloads, two loads, ten thousand slices."""
    kinds = [replace(SEVEN[n % 7], name=f"server {n}", title=f"title {n}") for n in range(12)]
    made = realistic(kinds, rounds=5, rotations=28, workloads=WORKLOADS)
    made = with_manifest(made, baseline=kinds[0].name)
    folder = tmp_path_factory.mktemp("large")
    written(made, folder)
    return folder


def written(facts: Facts, folder: Path) -> None:
    """Write a run as the harness does."""
    rng = np.random.default_rng(1)
    journal.write_manifest(folder, facts.manifest)
    with journal.Journal(folder) as open_:
        for launch in facts.launches:
            open_.write(launch)
        for one in facts.slices:
            open_.write(cut(one, rng))
        open_.end("finished")


def cut(one: Slice, rng: np.random.Generator) -> Slice:
    """Let each piece have shown about what the slice did."""
    times = one.response or one.service
    mean, median = times.mean_ns(), times.percentile_ns(50)
    assert mean is not None
    assert median is not None
    assert one.cpu_ns is not None
    near = rng.normal(1, 0.1, (3, PIECES))
    pieces = Pieces(
        window_ns=one.window_ns // PIECES,
        answered_in_window=tuple([one.answered_in_window // PIECES] * PIECES),
        mean_ns=tuple((near[0] * mean).tolist()),
        p50_ns=tuple((near[1] * median).tolist()),
        cpu_ns=tuple((near[2] * one.cpu_ns / PIECES).astype(int).tolist()),
        cpu_requests=tuple([one.cpu_requests // PIECES] * PIECES),
    )
    return replace(one, pieces=pieces)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long it took."""
    began_ns = clock.monotonic_ns()
    yield
    print(f"{what}: {(clock.monotonic_ns() - began_ns) / 1e9:.1f} s")  # noqa: T201


def test_ten_thousand_slices_make_a_page_that_can_be_sent(folder: Path) -> None:
    """Every server, workload and load is in it, and it is no larger than a photograph."""
    with timed("ten million additions, for comparison"):
        sum(range(10_000_000))
    with timed("reading the journal"):
        facts = journal.read(folder)
    with timed("report.html"):
        write(facts, folder, [Format.HTML])
    with timed("all formats"):
        write(facts, folder)
    page = (folder / "report.html").read_bytes()
    print(f"report.html: {len(page) / 1e6:.1f} MB, of {len(facts.slices):,} slices")  # noqa: T201
    assert len(facts.slices) > 10_000
    assert len(page) < LARGEST
    for name in (*WORKLOADS, *(server.name for server in facts.manifest.servers)):
        assert name.encode() in page
