"""Files that take long to read: how far they are read is told."""

import gzip
import itertools
from pathlib import Path

import pytest

from bench.system import clock
from bench.workloads.requests.files import opened

MB = 10**6


@pytest.fixture(autouse=True)
def _slow_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds it two seconds later."""
    seconds = itertools.count(step=2)
    monkeypatch.setattr(clock, "monotonic_ns", lambda: next(seconds) * 10**9)


def test_how_far_it_is_read(tmp_path: Path) -> None:
    """At first its size, then a share every few seconds; what is read is what it has."""
    path, told = tmp_path / "shop.har", list[str]()
    with path.open("wb") as file:
        file.truncate(12 * 2**20)
    with opened(path, "reading", told.append) as file:
        read = sum(len(chunk) for chunk in iter(lambda: file.read(2**20), b""))
    assert read == 12 * 2**20
    whole = f"reading {path}"
    assert told == [
        f"{whole}, 13 MB", f"{whole}: 25%", f"{whole}: 50%", f"{whole}: 75%", f"{whole}: 100%",
    ]  # fmt: skip


def test_a_packed_log(tmp_path: Path) -> None:
    """What is told is the share of the file, not of what it is unpacked to."""
    path, told = tmp_path / "access.log.gz", list[str]()
    content = bytes(range(256)) * 4096
    path.write_bytes(11 * gzip.compress(content, 0))
    with opened(path, "reading", told.append) as file, gzip.GzipFile(fileobj=file) as unpacked:
        assert unpacked.read() == 11 * content
    assert told[0] == f"reading {path}, 12 MB"
    assert 1 < len(told) < 12
    assert told[1:] == sorted(told[1:], key=len)


def test_a_short_file_is_read_silently(tmp_path: Path) -> None:
    """Nobody waits for it."""
    path, told = tmp_path / "access.log", list[str]()
    path.write_bytes(b"x" * MB)
    with opened(path, "reading", told.append) as file:
        assert len(file.read()) == MB
    assert told == []
