"""A server that stands still: what arithmetic demands of its requests."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.domain import Finding
from bench.selftest.stall import Stall, closed_loop, omission, open_loop
from bench.stats.histogram import Histogram

MS = 1_000_000
STALL = Stall(499 * MS, 501 * MS)
WINDOW_NS = 2000 * MS


def responses(begin_ms: int = 700, stall_ms: float = 500) -> NDArray[np.int64]:
    """Of 1,000 requests in 2 s, while the server stands still from `begin_ms` on."""
    due = np.arange(0, 2000, 2.0)
    within = (due >= begin_ms) & (due < begin_ms + stall_ms)
    times_ms = np.where(within, begin_ms + stall_ms - due, 0.1)
    return (times_ms * MS).astype(np.int64)


def findings(times: NDArray[np.int64]) -> list[Finding]:
    """What is found of the shares, and of the slowest."""
    return [claim.finding for claim in open_loop(STALL, WINDOW_NS, times)]


def test_an_open_loop_that_charges_the_stall_to_all_that_were_due_holds() -> None:
    """Exactly as the arithmetic has it."""
    assert findings(responses()) == [Finding.HOLDS, Finding.HOLDS]


def test_coordinated_omission_fails() -> None:
    """Only 32 requests have seen the stall; the slowest is as slow as it must be."""
    times = np.full(1000, MS)
    times[:32] = 500 * MS
    assert findings(times) == [Finding.FAILS, Finding.HOLDS]


@pytest.mark.parametrize("stall_ms", [440, 560])
def test_a_stall_of_another_length_fails(stall_ms: float) -> None:
    """Shares and maximum are those of another server."""
    assert findings(responses(stall_ms=stall_ms)) == [Finding.FAILS, Finding.FAILS]


def test_a_share_is_of_the_window() -> None:
    """Slower than S/2 are (S - S/2) / D: 12.5 %."""
    shares, _ = open_loop(STALL, WINDOW_NS, responses())
    assert shares.expected.startswith("18.8, 12.5, 6.2 %")
    assert shares.measured == "18.8, 12.5, 6.3 %"


@pytest.mark.parametrize(
    ("slow", "finding"), [(31, Finding.FAILS), (32, Finding.HOLDS), (33, Finding.FAILS)]
)
def test_a_closed_loop_has_one_slow_request_a_connection(slow: int, finding: Finding) -> None:
    """No more and no less."""
    times = np.full(5000, MS)
    times[:slow] = 500 * MS
    assert closed_loop(STALL, 32, times).finding is finding


def test_what_a_closed_loop_omits_is_noted() -> None:
    """Its p99 knows nothing of the stall."""
    times = np.full(5000, MS)
    times[:32] = 500 * MS
    claim = omission(Histogram.of(times))
    assert claim.finding is Finding.NOTED
    assert claim.measured == "1.00 ms"
