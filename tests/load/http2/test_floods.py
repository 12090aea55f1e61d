"""HTTP/2 servers that never stop sending: loads end in time, small, with an outcome for all.

They run in a process of its own, whose memory is then that of the client (and of the server's
threads, which repeat one piece).
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from bench.load.net.limits import MAX_BODY
from tests.load.flooding import CONNECTIONS, SLICE_NS
from tests.load.http2.flooding import FLOODS

MOST_KIB = (CONNECTIONS * MAX_BODY * 9 // 8 + 3 * MAX_BODY) // 1024
"""Of bodies under way, one a connection, and of one that is decoded: as over HTTP/1.1."""

LATE_S = 10.0  # past the deadline, on a busy machine
RIGHT_ENOUGH = {
    "no flood": {"OK", "TIMEOUT"},
    "distinct blocks": {"OK", "TIMEOUT"},
    "right answers": {"OK", "WRONG_BODY", "TIMEOUT", "RESET"},
}
FAILURES = {"WRONG_BODY", "TIMEOUT", "RESET", "CONNECT_FAILED"}

Suffered = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def suffered() -> Suffered:
    """What each flood has cost."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.load.http2.flooding"],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return {told["flood"]: told for told in map(json.loads, ended.stdout.splitlines())}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_by_the_deadline_with_outcomes(name: str, suffered: Suffered) -> None:
    """Nothing is left without an outcome, and nothing is right that is not."""
    told = suffered[name]
    assert told["took_s"] < SLICE_NS / 1e9 + LATE_S
    assert told["outcomes"]
    assert told["outcomes"].keys() <= RIGHT_ENOUGH.get(name, FAILURES)


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_fills_no_memory(name: str, suffered: Suffered) -> None:
    """The process never grows by more than its connections' largest bodies, and one decoded."""
    before = min(told["peak_kib"] for told in suffered.values())
    assert suffered[name]["peak_kib"] - before < MOST_KIB
