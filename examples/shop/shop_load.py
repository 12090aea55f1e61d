"""A workload of the shop: customers look at four products for each quote that they ask for."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from bench.workload import Checked, Exchange

PRICES = {
    "anvil": ("Anvil, 100 kg", "1,299.00 EUR"),
    "rope": ("Rope, 20 m", "34.50 EUR"),
    "magnet": ("Giant magnet", "24,000.00 EUR"),
    "seed": ("Bird seed", "3.99 EUR"),
}


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request for each product, and one for a quote of two of them."""
    for sku, (title, price) in PRICES.items():
        request = httpx.Request("GET", base_url.join(f"/products/{sku}"))
        yield Exchange(request, Checked(_is({"sku": sku, "title": title, "price": price})))
    lines = [{"sku": "anvil", "count": 2}, {"sku": "seed", "count": 1}]
    request = httpx.Request("POST", base_url.join("/quotes"), json=lines)
    yield Exchange(request, Checked(_is({"lines": 2, "total": "2,601.99 EUR"})))


def _is(wanted: dict[str, Any]) -> Callable[[httpx.Response], str | None]:
    """Make a check that the body is this, in JSON."""

    def check(response: httpx.Response) -> str | None:
        found = response.json()
        return None if found == wanted else f"expected {wanted}, got {found}"

    return check
