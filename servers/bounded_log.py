"""Logs of servers that write much: only the first and the last megabyte are kept.

A server writes to the file itself, so that logging costs it what it costs elsewhere. While it runs,
the disk space of the middle is freed; when it has ended, the middle is cut out.
"""

import ctypes
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

KEPT: Final = 2**20
"""Bytes that are kept of the beginning, and of the end."""
_CUT: Final = re.compile(rb"\n# ([0-9,]+) bytes are left out here\n")
_ROOM: Final = 256  # for the line that says so
_KEEP_SIZE, _PUNCH_HOLE = 0x01, 0x02  # <linux/falloc.h>


def relieve(log: Path) -> None:
    """Free the disk space of a log's middle, which then reads as zeros; its offsets stay.

    The log may be written to meanwhile. Where the system has no such call, it grows until it is
    cut.
    """
    punch = _fallocate()
    with suppress(OSError):
        if punch is not None and log.stat().st_size > 3 * KEPT:
            with log.open("r+b") as file:
                length = os.fstat(file.fileno()).st_size - 2 * KEPT
                punch(file.fileno(), _KEEP_SIZE | _PUNCH_HOLE, KEPT, length)


def cut(log: Path) -> None:
    """Cut the middle out of a log and note its size there; no process may still write to it."""
    with suppress(OSError), log.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= 2 * KEPT + _ROOM:
            return
        file.seek(0)
        head, earlier = _head(file.read(KEPT + _ROOM))
        file.seek(size - KEPT)
        tail = file.read().partition(b"\n")[2]
        left_out = earlier + size - len(head) - len(tail)
        file.seek(len(head))
        file.write(b"\n# %s bytes are left out here\n" % f"{left_out:,}".encode() + tail)
        file.truncate()


def _head(beginning: bytes) -> tuple[bytes, int]:
    """What is kept of the beginning, and how many bytes were left out after it before."""
    found = _CUT.search(beginning)
    if found is not None:
        return beginning[: found.start()], int(found[1].replace(b",", b"")) - len(found[0])
    whole_lines = beginning[:KEPT].rpartition(b"\n")[0]
    return whole_lines or beginning[:KEPT], 0


@cache
def _fallocate() -> Callable[[int, int, int, int], int] | None:
    """Linux's fallocate(fd, mode, offset, length); None where there is none."""
    try:
        found = ctypes.CDLL(None).fallocate64
    except (AttributeError, OSError):
        return None
    found.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    punch: Callable[[int, int, int, int], int] = found
    return punch
