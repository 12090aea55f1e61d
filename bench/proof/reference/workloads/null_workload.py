"""The workload of the null server: any GET, answered by one and the same body."""

from collections.abc import Iterator

import httpx

from bench.proof.reference.null_answer import BODY
from bench.workload import Checked, Exchange


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """Requests as in get_item, so that both cost the same to send."""
    for identity in range(1, 101):
        yield Exchange(httpx.Request("GET", base_url.join(f"/items/{identity}")), Checked(check))


def check(response: httpx.Response) -> str | None:
    """Say what is wrong with an answer that is not the null server's."""
    return None if response.content == BODY else f"expected {BODY!r}, got {response.text:.80}"
