"""Facts about process trees."""

import os
import socket
import subprocess
import sys
import time

from servers import process

GONE = 2**22 + 1  # Above the kernel's largest pid.


def test_cpu_time_is_that_of_the_process() -> None:
    """In ns, all threads: the kernel's own figure for this process."""
    before = time.process_time_ns()
    found = process.cpu_ns([os.getpid()])[os.getpid()]
    assert before <= found <= time.process_time_ns()


def test_who_is_gone_is_absent() -> None:
    """A process may end at any moment: no figure, no error."""
    assert process.cpu_ns([GONE]) == {}
    assert process.pss_bytes([GONE]) is None
    assert set() == process.listeners([GONE], 80)
    assert process.descendants(GONE) == []


def test_memory_adds_up_over_the_living() -> None:
    """The sum of those that can be read; None where the system does not tell."""
    own = process.pss_bytes([os.getpid(), GONE])
    assert own is None or 1_000_000 < own < 10_000_000_000


def test_descendants_live() -> None:
    """A child is one while it runs; a zombie is none, and neither is the process itself."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in process.descendants(os.getpid())
        assert os.getpid() not in process.descendants(os.getpid())
        child.communicate(b"\n")
    assert child.pid not in process.descendants(os.getpid())


def test_listeners_hold_the_socket() -> None:
    """The owner of the listening socket, found by port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert {os.getpid()} == process.listeners([os.getpid()], port)
    assert set() == process.listeners([os.getpid()], port)


def test_sessions_that_are_nobodys_are_left_alone() -> None:
    """0 and 1 are never killed."""
    process.kill_session(0)
    process.kill_session(1)
