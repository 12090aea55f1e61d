"""How far a figure may be from what is known to be true, and why so far."""

from typing import Final

MEDIAN_ERROR_NS: Final = 100_000
"""Of one request, median: what a timer's lateness (some 50 us) and the way of two messages through
the kernel and an interpreter (some 30 us) add up to."""

TAIL_ERROR_NS: Final = 1_000_000
"""Of one request, p99, and of a p99: one time slice of a scheduler that has to make room."""

FIGURE_ERROR_NS: Final = 200_000
"""Of an average, p50, p90 or p95: what reports show is rounded to tenths of a millisecond."""

LAG_MEDIAN_NS: Final = 60_000
"""Send lag at 1,000 requests a second: the lateness of a timer."""

LAG_TAIL_NS: Final = 100_000
"""Send lag at 5,000 requests a second, p99: half of the mean gap between two of them."""

LEAST_P: Final = 0.001
"""Of a test of distribution. The plan is the same in every self-test, so that chance has no part in
what fails; its own p is 0.8."""

CATCHING_UP_NS: Final = 20_000_000
"""After a stall of half a second at 500 requests a second: to answer the 250 that wait (some 60 us
each), and to be given a core again."""

IN_FLIGHT_ERROR: Final = 0.02
"""Share of its time that a connection may be between an answer and the next request."""
