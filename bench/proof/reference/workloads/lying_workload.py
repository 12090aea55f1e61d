"""The workload of the lying server: the lie that the path of the base URL names."""

from collections.abc import Iterator

import httpx

from bench.proof.reference.workloads.null_workload import check
from bench.workload import Checked, Exchange


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request, and what is right whatever comes."""
    yield Exchange(httpx.Request("GET", base_url), Checked(check))
