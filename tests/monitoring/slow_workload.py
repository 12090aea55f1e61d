"""The workload of the slow app: 50 to 200 ms, each equally often, long against any disturbance."""

from collections.abc import Iterator

import httpx

from bench.workload import Checked, Exchange


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each time."""
    for time_ms in range(50, 201, 10):
        request = httpx.Request("GET", base_url.join(f"/slow/{time_ms}"))
        yield Exchange(request, Checked(_is_ok))


def _is_ok(response: httpx.Response) -> str | None:
    return None if response.text == '"ok"' else f"expected ok, got {response.text:.40}"
