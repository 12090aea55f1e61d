"""What several workers need is made by one of them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from tests.once import once

WORKERS = 4


def test_those_who_ask_at_once_get_what_one_of_them_has_made(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The same folder and the same words for all, and nothing is made twice."""
    tmp_path_factory.getbasetemp()  # made at the first call, by pytest, which expects no threads
    made: list[Path] = []
    together = Barrier(WORKERS)

    def make(folder: Path) -> dict[str, Any]:
        folder.mkdir()
        made.append(folder)
        return {"number": len(made)}

    def ask(_: int) -> tuple[Path, dict[str, Any]]:
        together.wait()
        return once("asked-at-once", tmp_path_factory, make)

    with ThreadPoolExecutor(WORKERS) as workers:
        found = list(workers.map(ask, range(WORKERS)))

    assert found == [(made[0], {"number": 1})] * WORKERS
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the next that asks: the first tells of the mistake."""

    def fail(_: Path) -> dict[str, Any]:
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError, match="no room"):
        once("failed-once", tmp_path_factory, fail)

    assert once("failed-once", tmp_path_factory, lambda _: {"made": True})[1] == {"made": True}
