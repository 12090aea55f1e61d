"""get_item: read one of the 100 seeded items, whose content is known."""

import json
from collections.abc import Callable, Iterator

import httpx

from bench.workload import Checked, Exchange, parsed

ITEMS = range(1, 101)


def seeded(identity: int) -> dict[str, object]:
    """The item that a fresh store of the items app holds under that id."""
    return {
        "id": identity,
        "name": f"item {identity}",
        "price": identity * 0.25,
        "in_stock": identity % 10 != 0,
    }


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each item, all equally often."""
    for identity in ITEMS:
        request = httpx.Request("GET", base_url.join(f"/items/{identity}"))
        yield Exchange(request, Checked(_is(seeded(identity))))


def _is(item: dict[str, object]) -> Callable[[httpx.Response], str | None]:
    """Make a check that the body is that item, in JSON, to the type of each field."""
    wanted = json.dumps(item, sort_keys=True)

    def check(response: httpx.Response) -> str | None:
        kind = response.headers.get("content-type", "")
        if kind.partition(";")[0].strip() != "application/json":
            return f"expected application/json, got {kind!r:.40}"
        if json.dumps(parsed(response), sort_keys=True) != wanted:
            return f"expected {wanted}, got {response.text:.120}"
        return None

    return check
