"""The workload of small reference apps: GET /row, which may take its time, answered by BODY."""

from collections.abc import Iterator

import httpx

from bench.proof.reference.apps.row_app import BODY, PATH
from bench.workload import Checked, Exchange


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request."""
    yield Exchange(httpx.Request("GET", base_url.join(PATH)), Checked(check))


def check(response: httpx.Response) -> str | None:
    """Say what is wrong with an answer that is not a row."""
    return None if response.content == BODY else f"expected {BODY!r}, got {response.text:.80}"
