"""The workload of an app that mostly answers at once: 97 % GET /at-once, 3 % GET /row."""

from collections.abc import Iterator
from typing import Final

import httpx

from bench.proof.reference.apps.row_app import PATH
from bench.proof.reference.workloads.row_workload import check
from bench.workload import Checked, Exchange

AT_ONCE: Final = "/at-once"
WEIGHTS: Final = {AT_ONCE: 97, PATH: 3}


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request of either kind."""
    answer = Checked(check)
    for path, weight in WEIGHTS.items():
        yield Exchange(httpx.Request("GET", base_url.join(path)), answer, weight)
