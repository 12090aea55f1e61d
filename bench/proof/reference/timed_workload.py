"""Workloads of the exact server, chosen by the path of the base URL.

- /queue/constant/N, /delay/constant/N: every request takes N ns;
- /queue/exponential/N, /delay/exponential/N: exponential with mean N ns, and exactly so: the 4,096
  lines of a script hold the quantiles of the law, each once;
- /delay/two/N/M: of 4,096, 3,768 take N ns (92 %) and 328 M ns, so that the step lies well between
  the percentiles that are reported: at the step itself one request more decides.
"""

from collections.abc import Iterator
from math import log
from typing import Final

import httpx

from bench.proof.reference.null_workload import check
from bench.workload import Checked, Exchange

LINES: Final = 4096  # of a script; all quantiles fit in, each once
FAST: Final = 0.92


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each time that one takes."""
    kind, law, *figures = base_url.path.strip("/").split("/")
    answer = Checked(check)
    for time_ns, weight in _times(law, [int(figure) for figure in figures]):
        url = base_url.copy_with(path=f"/{kind}/{time_ns}")
        yield Exchange(httpx.Request("GET", url), answer, weight)


def time_ns(request: httpx.Request) -> int:
    """How long a request takes, ns."""
    return int(request.url.path.rpartition("/")[2])


def _times(law: str, figures: list[int]) -> Iterator[tuple[int, int]]:
    """How long requests take, ns, and how many of LINES take so long."""
    if law == "exponential":
        (mean_ns,) = figures
        for number in range(LINES):
            yield round(-mean_ns * log(1 - (number + 0.5) / LINES)), 1
    elif law == "two":
        fast_ns, slow_ns = figures
        fast = round(LINES * FAST)
        yield fast_ns, fast
        yield slow_ns, LINES - fast
    else:
        (constant_ns,) = figures
        yield constant_ns, 1
