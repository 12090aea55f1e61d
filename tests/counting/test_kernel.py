"""What the kernel does for a server: read from strace's summary and from /proc."""

import shutil
from pathlib import Path

import pytest

from bench.counting.count import Start
from bench.counting.kernel import REQUESTS, TRACED, calls_of, kernel_work
from tests.counting.tiny import tiny

SUMMARY = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 55.00    0.000100           1       100           recvfrom
 45.00    0.000080           1        80         3 epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.000180           1       180         3 total
"""


def test_summary() -> None:
    """Calls by name; errors and the total are none."""
    assert calls_of(SUMMARY) == {"recvfrom": 100, "epoll_wait": 80}
    assert calls_of("") == {}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc")
async def test_tiny_server(tmp_path: Path) -> None:
    """It waits, reads and writes once for each request."""
    found = await kernel_work(tiny("0", tmp_path / "workload.py"), Start(1, tmp_path / "log"))
    assert found.requests == REQUESTS
    assert found.context_switches > REQUESTS * 0.5
    if found.calls is None:
        assert shutil.which("strace") is None or found.traced == 0
    else:
        assert TRACED <= found.calls["recvfrom"] < 1.5 * TRACED
        assert TRACED <= found.calls["sendto"] < 1.5 * TRACED
