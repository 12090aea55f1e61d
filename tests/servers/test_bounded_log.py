"""Logs of servers that say much."""

import sys
from pathlib import Path

import pytest

from servers.bounded_log import KEPT, cut, relieve

LINE = b"%09d an app that says what it does\n"
MANY = 5 * KEPT // len(LINE % 0)


def lines(first: int, count: int) -> bytes:
    """So many lines, numbered."""
    return b"".join(LINE % number for number in range(first, first + count))


def test_a_short_log_is_left_as_it_is(tmp_path: Path) -> None:
    """Whatever is asked of it."""
    log = tmp_path / "log"
    log.write_bytes(lines(0, 1000))
    relieve(log)
    cut(log)
    assert log.read_bytes() == lines(0, 1000)
    relieve(tmp_path / "missing")
    cut(tmp_path / "missing")


def test_the_first_and_the_last_megabyte_are_kept(tmp_path: Path) -> None:
    """In whole lines, with how much was between them."""
    log = tmp_path / "log"
    log.write_bytes(lines(0, MANY))

    cut(log)

    found = log.read_bytes().splitlines()
    [mark] = [number for number, line in enumerate(found) if line.startswith(b"#")]
    assert found[:mark] == lines(0, mark).splitlines()
    after = len(found) - mark - 1
    assert found[mark + 1 :] == lines(MANY - after, after).splitlines()
    kept = (mark + after) * len(LINE % 0)
    assert 2 * KEPT - 200 < kept <= 2 * KEPT
    left_out = MANY * len(LINE % 0) - kept + 1  # the end of the first part's last line
    assert found[mark] == f"# {left_out:,} bytes are left out here".encode()


def test_what_comes_later_is_cut_too(tmp_path: Path) -> None:
    """One mark, with all that was left out; the first megabyte stays the first."""
    log = tmp_path / "log"
    log.write_bytes(lines(0, MANY))
    cut(log)
    with log.open("ab") as file:
        file.write(lines(MANY, MANY))

    cut(log)

    found = log.read_bytes()
    assert found.count(b"left out here") == 1
    assert found.startswith(lines(0, 100))
    assert found.endswith(lines(2 * MANY - 100, 100))
    [mark] = [line for line in found.splitlines() if line.startswith(b"#")]
    kept = len(found) - len(mark) - 1
    left_out = int(mark.split()[1].replace(b",", b""))
    assert left_out + kept == pytest.approx(2 * MANY * len(LINE % 0), abs=2)


def test_a_log_without_lines_is_cut_too(tmp_path: Path) -> None:
    """Anywhere."""
    log = tmp_path / "log"
    log.write_bytes(b"x" * 5 * KEPT)
    cut(log)
    assert log.stat().st_size < 2 * KEPT + 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux punches holes")
def test_a_log_that_is_written_gives_its_space_back(tmp_path: Path) -> None:
    """And its writer goes on at the end, where offsets lead as before."""
    log = tmp_path / "log"
    with log.open("ab", buffering=0) as writer:
        writer.write(lines(0, MANY))
        before = log.stat().st_blocks

        relieve(log)

        assert log.stat().st_blocks * 512 < 2 * KEPT + 2**16 < before * 512
        writer.write(LINE % MANY)
    whole = lines(0, MANY + 1)
    found = log.read_bytes()
    assert len(found) == len(whole)
    assert found[:KEPT] == whole[:KEPT]
    assert found[-KEPT:] == whole[-KEPT:]
