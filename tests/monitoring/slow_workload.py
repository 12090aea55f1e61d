"""The workload of the slow app: 5 to 20 ms, each equally often."""

from collections.abc import Iterator

import httpx

from bench.workload import Checked, Exchange


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each time."""
    for time_ms in range(5, 21):
        request = httpx.Request("GET", base_url.join(f"/slow/{time_ms}"))
        yield Exchange(request, Checked(_is_ok))


def _is_ok(response: httpx.Response) -> str | None:
    return None if response.text == '"ok"' else f"expected ok, got {response.text:.40}"
