"""Counting a real server under valgrind: the same figure again and again, nothing left behind."""

import tempfile
from pathlib import Path

import psutil
import pytest

from bench.counting.count import Counted, Start, count
from bench.counting.errors import CounterError, CountingError
from bench.counting.tool import meter
from bench.facts.instructions import Counter
from tests.counting.tiny import needs_valgrind, tiny

pytestmark = needs_valgrind


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put what is left in the temporary folder where it can be seen."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def names(folder: Path) -> set[str]:
    """What is in a folder, but for what Python compiles."""
    return {each.name for each in folder.iterdir()} - {"__pycache__"}


async def counted(path: str, folder: Path) -> Counted:
    """Count the tiny server, asked for a path."""
    what = tiny(path, folder / "workload.py")
    with meter(Counter.VALGRIND) as found:
        return await count(what, Start(1, folder / "log"), found, Counter.VALGRIND)


async def test_blocks(tmp_path: Path, own_temporary_folder: Path) -> None:
    """Blocks of the same requests take the same; functions add up; no process or file stays."""
    before = set(psutil.Process().children(recursive=True))
    found = await counted("100", tmp_path)
    fact = found.count
    figures = [block.per_request() for block in fact.blocks]
    assert [block.requests for block in fact.blocks] == [20, 20, 20]
    assert fact.settled
    assert fact.processes == 1
    assert min(figures) > 1_000
    assert max(figures) / min(figures) < 1.01
    assert sum(found.parts.values()) == sum(block.instructions for block in fact.blocks)
    assert set(psutil.Process().children(recursive=True)) - before == set()
    assert names(own_temporary_folder) == set()
    assert names(tmp_path) == {"log", "temporary", "workload.py"}


@pytest.mark.long
async def test_more_work(tmp_path: Path) -> None:
    """What a handler does more is counted: ten times the loop, ten times its instructions."""
    base, once, tenfold = [
        (await counted(path, tmp_path)).count.blocks[-1].per_request()
        for path in ("0", "100", "1000")
    ]
    assert (tenfold - base) / (once - base) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("path", ["fork", pytest.param("start", marks=pytest.mark.long)])
async def test_processes_that_come_and_go(path: str, tmp_path: Path) -> None:
    """A child has its parent's count, another program none: no figure is better than a wrong one.

    It is no fault of the server.
    """
    with pytest.raises(CounterError, match="it starts or ends processes as it is asked"):
        await counted(path, tmp_path)


@pytest.mark.long
async def test_unknown_instruction(tmp_path: Path) -> None:
    """A server that ends by what the CPU does not know is told so, in one line."""
    with pytest.raises(CountingError, match="instruction of the CPU that valgrind does not know"):
        await counted("crash", tmp_path)


@pytest.mark.long
async def test_wrong_answer(tmp_path: Path) -> None:
    """Every answer is verified: a path that the server cannot read ends the connection."""
    with pytest.raises(CountingError, match=r"/no-number: the server closed the connection"):
        await counted("no-number", tmp_path)
