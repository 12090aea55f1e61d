"""Servers that never stop sending: each client ends in time, small, with an outcome for all.

They are loaded in a process of its own, whose memory is then that of the client (and of the
server's threads, which repeat one piece).
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from bench.load.net.limits import MAX_BODY
from tests.load.flooding import CONNECTIONS, SLICE_NS, SUFFERED

MOST_KIB = (CONNECTIONS * MAX_BODY * 9 // 8 + 3 * MAX_BODY) // 1024
"""Of bodies under way, which a bytearray overallocates by an eighth, and of one that is decoded."""

LATE_S = 10.0  # past the deadline, on a busy machine
RIGHT_ENOUGH = {
    "no flood": {"OK", "TIMEOUT"},
    "drip": {"OK", "TIMEOUT"},
    "distinct heads": {"OK", "TIMEOUT"},
}
FAILURES = {"WRONG_BODY", "TIMEOUT", "RESET", "CONNECT_FAILED"}
CASES = [(client, name) for client, names in SUFFERED.items() for name in names]

Suffered = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def suffered() -> Suffered:
    """What each flood has cost each client."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.load.flooding"],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    lines = map(json.loads, ended.stdout.splitlines())
    return {(line["client"], line["flood"]): line for line in lines}


@pytest.mark.parametrize(("client", "name"), CASES)
def test_a_flood_ends_by_the_deadline_with_outcomes(
    client: str, name: str, suffered: Suffered
) -> None:
    """Nothing is left without an outcome, and nothing is right that is not."""
    told = suffered[client, name]
    assert told["took_s"] < SLICE_NS / 1e9 + LATE_S
    assert told["outcomes"]
    assert told["outcomes"].keys() <= RIGHT_ENOUGH.get(name, FAILURES)


@pytest.mark.parametrize(("client", "name"), CASES)
def test_a_flood_fills_no_memory(client: str, name: str, suffered: Suffered) -> None:
    """The process never grows by more than its connections' largest bodies, and one decoded."""
    before = min(told["peak_kib"] for told in suffered.values())
    assert suffered[client, name]["peak_kib"] - before < MOST_KIB
