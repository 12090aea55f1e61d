"""Workloads of the exact server, chosen by the path of the base URL.

- /queue/constant/N, /delay/constant/N: every request takes N ns;
- /queue/exponential/N, /delay/exponential/N: exponential with mean N ns, and exactly so: the 4,096
  lines of a script hold the quantiles of the law, each once;
- /delay/two/N/M: of 4,096, 3,768 take N ns (92 %) and 328 M ns, so that the step lies well between
  the percentiles that are reported: at the step itself one request more decides.

Under /labelled/ they are the same, but that each of the lines of a script has a label of its own,
by which it is found in the server's books: over HTTP/2 the kernel does not tell when each of those
came that came together.
"""

from collections.abc import Iterator
from math import log
from typing import Final

import httpx

from bench.proof.reference.workloads.null_workload import check
from bench.workload import Checked, Exchange

LINES: Final = 4096  # of a script; all quantiles fit in, each once
FAST: Final = 0.92
LABELLED: Final = "/labelled"
MANY: Final = LINES + 1  # so many that they are taken for alike


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each time that one takes."""
    path = base_url.path
    kind, law, *figures = path.removeprefix(LABELLED).strip("/").split("/")
    answer, times = Checked(check), _times(law, [int(figure) for figure in figures])
    if path.startswith(LABELLED):
        weighed = list(times)
        each = MANY if len(weighed) == 1 else 1
        every = (each_ns for each_ns, weight in weighed for _ in range(each * weight))
        for number, each_ns in enumerate(every):
            url = base_url.copy_with(path=f"/{kind}/{each_ns}/{number}")
            yield Exchange(httpx.Request("GET", url), answer)
        return
    for each_ns, weight in times:
        url = base_url.copy_with(path=f"/{kind}/{each_ns}")
        yield Exchange(httpx.Request("GET", url), answer, weight)


def time_ns(request: httpx.Request) -> int:
    """How long a request takes, ns."""
    return int(request.url.path.split("/")[2])


def label(request: httpx.Request) -> int:
    """The label of a request; 0: it has none."""
    _, _, _, *found = request.url.path.split("/")
    return int(found[0]) if found else 0


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
