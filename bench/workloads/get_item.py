"""get_item: read one of the 100 seeded items."""

from collections.abc import Callable, Iterator

import httpx

from bench.workload import Checked, Exchange

ITEMS = range(1, 101)
FIELDS = {"id", "name", "price", "in_stock"}


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each item, all equally often."""
    for identity in ITEMS:
        request = httpx.Request("GET", base_url.join(f"/items/{identity}"))
        yield Exchange(request, Checked(item_with(identity)))


def item_with(identity: int) -> Callable[[httpx.Response], str | None]:
    """Make a check that the body is the whole item of that id."""

    def check(response: httpx.Response) -> str | None:
        item = response.json()
        if not isinstance(item, dict) or set(item) != FIELDS:
            return f"expected an item with {sorted(FIELDS)}, got {response.text:.120}"
        if item["id"] != identity or isinstance(item["id"], bool):
            return f"expected item {identity}, got item {item['id']!r:.40}"
        return None

    return check
