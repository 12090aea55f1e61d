"""The self-test as a whole, in its short form, on this very machine."""

import re
import select

import pytest

from tests.end_to_end.program import bench

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="its servers need epoll")


def test_the_short_form_counts_every_lie() -> None:
    """Every line of lies holds, and nothing has failed; times are the machine's affair."""
    done = bench("selftest", "--short")

    lies = re.findall(r"^ ([a-z ]+), 1 in 20 of 200 .* (\w+) *$", done.stdout, re.MULTILINE)
    assert len(lies) == 11, done.stdout + done.stderr
    assert {verdict for _, verdict in lies} == {"holds"}, done.stdout
    assert re.search(r"failures among [\d,]+ requests +0 +0 +holds", done.stdout), done.stdout
    assert re.search(r"wire: ceiling, 32 connections +[\d,]+ a second +noted", done.stdout)
    passed = done.stdout.splitlines()[-1].startswith("All ")
    assert done.returncode == (0 if passed else 1)
    assert "Traceback" not in done.stderr
