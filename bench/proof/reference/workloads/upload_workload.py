"""The workload of the lying server where it lies about how much it lets a client send."""

from collections.abc import Iterator
from typing import Final

import httpx

from bench.proof.reference.workloads.null_workload import check
from bench.workload import Checked, Exchange

UPLOAD_BYTES: Final = 66_000  # more than a window of HTTP/2 has at first


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request that is longer than it may be at first, and what is right whatever comes.

    Its method is one that changes nothing: it can be sent over and over.
    """
    yield Exchange(httpx.Request("OPTIONS", base_url, content=bytes(UPLOAD_BYTES)), Checked(check))
