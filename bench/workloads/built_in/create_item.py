"""create_item: add an item; the answer echoes it with a new id."""

from collections.abc import Iterator

import httpx

from bench.workload import Created, Exchange
from bench.workloads.token import bearer_header

BODIES = 100


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """A hundred different items to add, all equally often."""
    ids: set[int] = set()
    for number in range(BODIES):
        item = {"name": f"item {number}", "price": number + 0.25, "in_stock": number % 2 == 0}
        url = base_url.join("/items")
        request = httpx.Request("POST", url, json=item, headers=bearer_header())
        yield Exchange(request, Created(ids, item))
