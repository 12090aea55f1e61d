"""Memory of other processes."""

import os
import sys

import pytest

from bench.system.memory import peak_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")


def test_the_peak_never_falls() -> None:
    """What was taken once counts, though it was given back."""
    before = peak_bytes(os.getpid())
    taken = bytearray(before + (1 << 24))
    size = len(taken)
    del taken
    assert before > 1 << 20
    assert peak_bytes(os.getpid()) >= size


def test_no_process_is_an_error() -> None:
    """And no 0."""
    with pytest.raises(OSError, match=r"\d"):
        peak_bytes(1 << 30)
