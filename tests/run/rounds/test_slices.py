"""When the watcher is told: never while a server is under load."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.facts.load import Cell, Client, Mode
from bench.facts.slice import Cut, Observation
from bench.load.order import Order, Target
from bench.run.rounds.running_servers import RunningServer
from bench.run.rounds.slices import Length, Slicer, Turn
from servers.catalogue import builtin
from servers.command import Address
from servers.server import Server
from tests.build.runs import INSTRUMENT
from tests.build.slices import CLOSED, slice_of

CELL = Cell("uvicorn", "get_item", CLOSED)
LENGTH = Length(0.0, 0.2, 1.0)
DONE = slice_of(CELL, 1, 1, [1_000_000])
SEEN = Observation(**{each.name: getattr(DONE, each.name) for each in fields(Observation)})


class Noting:
    """Generator, journal and watcher in one, which note what is asked of them."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.seen = SEEN

    async def run(self, order: Order) -> Observation:
        """Load a server."""
        self.noted += ["load", f"{order.load.mode} load is over"]
        return self.seen

    async def alternate(self, orders: Sequence[Order], pieces: Sequence[int]) -> list[Observation]:
        """Load several in turns."""
        self.noted += ["loads", f"{len(orders)} loads of {list(pieces)} pieces are over"]
        return [SEEN for _ in orders]

    def write(self, _: object) -> None:
        """Take a fact."""
        self.noted.append("written")

    def measured(self, _: object) -> None:
        """Hear of a slice."""
        self.noted.append("measured")

    def between(self) -> None:
        """Have a moment."""
        self.noted.append("between")


@pytest.fixture
def noting() -> Noting:
    """Of nothing yet."""
    return Noting()


def slicer(noting: Noting) -> Slicer:
    """One whose tools all note."""
    context: Any = SimpleNamespace(
        load=noting,
        journal=noting,
        watcher=noting,
        instrument=INSTRUMENT,
        ceiling_over=lambda *_, **__: None,
        cores=SimpleNamespace(usable=2),
    )
    return Slicer(context, Client.WIRE, lambda: 1.0)


def logged(folder: Path, text: str) -> Server:
    """A server of ours, with this log."""
    log = folder / "logs" / "uvicorn.log"
    log.parent.mkdir()
    log.write_text(text, encoding="utf-8")
    kept: Any = SimpleNamespace(running=True, root_pid=1)
    return Server(builtin()["uvicorn"], Address("127.0.0.1", 1), 1, frozenset(), log, kept=kept)


def running(given: Server | None = None) -> RunningServer:
    """A server that lives; by itself one that somebody else runs."""
    server: Any = given or SimpleNamespace(
        alive=True, tree_root=1, address=Address("127.0.0.1", 1), relieve_log=lambda: None,
        kept=None,
    )  # fmt: skip
    held: Any = None
    targets = {"get_item": Target("get_item", "http://127.0.0.1:1", "get_item", 1)}
    return RunningServer("uvicorn", server, targets, held)


async def test_a_slice_is_told_when_its_load_is_over(noting: Noting) -> None:
    """And then there is a moment for what takes one."""
    servers: Any = None
    await slicer(noting).measure(servers, running(), CELL, Turn(1), LENGTH, 1)
    assert noting.noted == ["load", "closed load is over", "written", "measured", "between"]


async def test_slices_in_turns_are_told_when_all_loads_are_over(noting: Noting) -> None:
    """The moment comes when all of them are told."""
    servers: Any = None
    turns = [(running(), CELL, Turn(1, 1, place)) for place in range(2)]
    cut = Cut(0.2, {Mode.CLOSED: {"uvicorn": 4}}, 1.5, 0.1, 5.0)
    await slicer(noting).alternate(servers, turns, LENGTH, 1, cut)
    assert noting.noted == [
        "loads", "2 loads of [4, 4] pieces are over",
        "written", "measured", "written", "measured", "between",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "Traceback (most recent call last):\n  File\nKeyError: 'tea'\nGET / 500\n",
            "the log's last exception is KeyError: 'tea' (logs/uvicorn.log)",
        ),
        ("GET / 500\n", "see logs/uvicorn.log"),
    ],
)
async def test_a_server_error_comes_with_what_the_log_says(
    noting: Noting, tmp_path: Path, log: str, said: str
) -> None:
    """And where the log is; other answers are told as they came."""
    examples = {"404": "GET /a: 404 in place of 200", "500": "GET /b: 500 in place of 200"}
    noting.seen = replace(SEEN, statuses={404: 1, 500: 2}, examples=examples)
    servers: Any = None
    done = await slicer(noting).measure(
        servers, running(logged(tmp_path, log)), CELL, Turn(1), LENGTH, 1
    )
    assert done.examples == {**examples, "500": f"GET /b: 500 in place of 200; {said}"}


async def test_nobody_has_the_log_of_a_server_that_somebody_else_runs(noting: Noting) -> None:
    """Its answers are told as they came."""
    examples = {"500": "GET /b: 500 in place of 200"}
    noting.seen = replace(SEEN, statuses={500: 2}, examples=examples)
    servers: Any = None
    done = await slicer(noting).measure(servers, running(), CELL, Turn(1), LENGTH, 1)
    assert done.examples == examples
