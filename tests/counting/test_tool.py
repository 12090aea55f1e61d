"""Which tool counts: the CPU's counters where they can be opened, else valgrind, else none."""

import mmap
import os
import shutil
import sys
from pathlib import Path

import pytest

from bench.counting import hardware, tool
from bench.counting.hardware import CodeSide, PerfEvent, ThreadCounter
from bench.counting.randomisation import without_randomisation
from bench.counting.valgrind import ValgrindMeter
from bench.errors import HarnessError
from bench.facts.instructions import Counter

PAGE_FAULTS = PerfEvent(1, 2, CodeSide.USER)
"""PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS: every machine has it."""
PAGES = 100

linux = pytest.mark.skipif(sys.platform != "linux", reason="perf_event_open is Linux's")


@linux
def test_hardware_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the CPU counts, nothing has to be installed."""
    monkeypatch.setattr(hardware, "why_not", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert tool.chosen() is Counter.HARDWARE


@linux
@pytest.mark.parametrize(
    ("missing", "package"),
    [("valgrind", "valgrind"), ("vgdb", "valgrind"), ("setarch", "util-linux")],
)
def test_missing(missing: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named by its package, in one line that says why it is needed."""
    monkeypatch.setattr(hardware, "why_not", lambda: "perf_event_open: No such file or directory")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == missing else f"/bin/{name}")
    with pytest.raises(HarnessError) as error:
        tool.chosen()
    assert str(error.value) == (
        "--count instructions: no hardware counter can be opened here (perf_event_open: No such "
        f"file or directory), and {package} is not installed: install the package {package}, as "
        f"with apt-get install {package}"
    )


@linux
def test_valgrind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else valgrind, where all of it is there."""
    monkeypatch.setattr(hardware, "why_not", lambda: "no")
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert tool.chosen() is Counter.VALGRIND


@linux
def test_counts_events() -> None:
    """What perf_event gives is read as what has happened since the last reading."""
    try:
        counter = ThreadCounter(PAGE_FAULTS, os.getpid())
    except OSError as error:
        pytest.skip(f"perf_event_open: {error}")
    try:
        counter.read()
        with mmap.mmap(-1, PAGES * mmap.PAGESIZE) as pages:
            for page in range(PAGES):
                pages[page * mmap.PAGESIZE] = 1
        assert PAGES * 0.9 <= counter.read() < PAGES * 2
        assert counter.read() < PAGES
    finally:
        counter.close()


@linux
@pytest.mark.parametrize(
    ("status", "words"), [(0, ["setarch", "-R", "valgrind"]), (1, ["valgrind"])]
)
def test_addresses_are_fixed_where_they_may_be(
    status: int, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may forbid it: then servers are counted all the same."""
    setarch = tmp_path / "setarch"
    setarch.write_text(f"#!/bin/sh\nexit {status}\n")
    setarch.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    without_randomisation.cache_clear()
    found = ValgrindMeter(tmp_path).prefix.words
    without_randomisation.cache_clear()
    assert list(found[: len(words)]) == words
