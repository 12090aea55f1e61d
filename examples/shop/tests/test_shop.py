"""What the shop owes its customers: its gate, by --base-url; in process without."""

from collections.abc import Iterator

import httpx
import pytest


@pytest.fixture
def client(base_url: str | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Reach the server that was named, or else a fresh app in process."""
    if base_url:
        with httpx.Client(base_url=base_url, trust_env=False) as client:
            yield client
        return
    # The gate runs where the app cannot be imported.
    from fastapi.testclient import TestClient  # noqa: PLC0415
    from shop.main import create  # noqa: PLC0415

    monkeypatch.setenv("SHOP_CURRENCY", "EUR")
    with TestClient(create()) as client:
        yield client


def test_a_product(client: httpx.Client) -> None:
    """Its price is written for people."""
    answer = client.get("/products/anvil")
    assert answer.status_code == 200
    assert answer.json() == {"sku": "anvil", "title": "Anvil, 100 kg", "price": "1,299.00 EUR"}


def test_no_such_product(client: httpx.Client) -> None:
    """It is a 404 that names it."""
    answer = client.get("/products/rocket")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "product 'rocket' does not exist"}


def test_a_quote(client: httpx.Client) -> None:
    """Lines are added up."""
    lines = [{"sku": "anvil", "count": 2}, {"sku": "seed", "count": 1}]
    answer = client.post("/quotes", json=lines)
    assert answer.status_code == 200
    assert answer.json() == {"lines": 2, "total": "2,601.99 EUR"}


@pytest.mark.parametrize("line", [{"sku": "anvil"}, {"sku": "anvil", "count": 0}, "anvil"])
def test_a_quote_for_nonsense(client: httpx.Client, line: object) -> None:
    """What does not validate is a 422."""
    assert client.post("/quotes", json=[line]).status_code == 422
