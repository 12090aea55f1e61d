"""What the live display costs: `nox -s tests -- -s tests/progress/test_cost.py` shows it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.facts import journal
from bench.progress.live import Display, live
from bench.system import clock
from tests.build.runs import SEVEN
from tests.build.slices import OPEN
from tests.end_to_end.on_terminal import on_terminal
from tests.progress.made import COURSE, Written, done, screen

DRAWS = 50
SLOW_NS = 50_000_000  # a quarter of the shortest slice, on a machine that others use too
pytestmark = pytest.mark.long  # what it shows are times

RUN = (
    "run", "--servers", "uvicorn", "--rounds", "1", "--budget", "3s", "--no-selftest",
    "--not-against-itself", "--tests", "none", "--rate", "500",
)  # fmt: skip


def took_ns(work: Callable[[], None]) -> int:
    """How long it takes."""
    began_ns = clock.monotonic_ns()
    work()
    return clock.monotonic_ns() - began_ns


def display_of_seven(display: Display) -> None:
    """Measure seven servers at both loads, and two rounds' intervals."""
    for kind in SEVEN:
        display.measured(done(kind.name, OPEN, ended_s=30.0))
        display.measured(done(kind.name, ended_s=30.0))
    for share in (0.05, 0.03):
        display.known(1, {kind.name: share for kind in SEVEN}, 200.0)


def test_a_redraw_is_short() -> None:
    """Of seven servers on 80 columns."""
    with live(screen(Written()), COURSE) as display:
        display_of_seven(display)
        found_ns = [took_ns(lambda: display.phase("round 2")) for _ in range(DRAWS)]
    show("a redraw of seven servers", found_ns)
    assert median(found_ns) < SLOW_NS


def test_counting_takes_no_longer_after_ten_thousand_slices() -> None:
    """Sums grow in value, and in nothing else."""
    one = done(ended_s=30.0)
    with live(screen(Written()), COURSE) as display:
        found_ns = [took_ns(lambda: display.measured(one)) for _ in range(10_000)]
    first, last = found_ns[:1000], found_ns[-1000:]
    show("a slice, of the first thousand", first)
    show("a slice, of the last thousand", last)
    assert median(last) < 2 * median(first)


def test_nothing_is_drawn_while_a_server_is_under_load(tmp_path: Path) -> None:
    """In a real run on a real terminal, whose generator has a core to itself: not on that one."""
    folder, path = tmp_path / "run", tmp_path / "seen.json"
    arguments = ["-m", "tests.progress.watched", str(path), *RUN, "--out", str(folder)]
    with on_terminal(arguments, width=80, height=24) as run:
        assert run.end() == 0, run.sent
    seen: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    loads, draws, writes = seen["loads"], seen["draws"], seen["writes"]
    began_ns, ended_ns = loads[0][0], loads[-1][1]
    written = [(at, core) for at, core in writes if began_ns <= at <= ended_ns]
    drawn = [(began, ended) for began, ended in draws if began_ns <= began <= ended_ns]
    show("a redraw in a run", [ended - began for began, ended in drawn])

    assert drawn
    assert [at for at, _ in written if any(one <= at <= other for one, other in loads)] == []
    assert [
        draw for draw in drawn if any(draw[0] < other and one < draw[1] for one, other in loads)
    ] == []
    own = journal.read(folder).manifest.machine.generator_cores
    assert {core for _, core in written}.isdisjoint(own)


def show(what: str, found_ns: Sequence[int]) -> None:
    """Print a figure."""
    words = f"median {median(found_ns) / 1e6:.3f} ms, longest {max(found_ns) / 1e6:.3f} ms"
    print(f"\n{what}: {words}, of {len(found_ns)}")  # noqa: T201 - to be read
