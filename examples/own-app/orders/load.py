import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    look = httpx.Request("GET", base_url.join("/products/tea"))
    yield Exchange(look, Checked(tea_has_a_price), weight=4)

    lines = [{"sku": "tea", "count": 2}, {"sku": "pot", "count": 1}]
    order = httpx.Request("POST", base_url.join("/orders"), json=lines)
    yield Exchange(order, Checked(total_is_right, status=201))


def tea_has_a_price(response):
    cents = response.json()["cents"]
    return None if cents == 450 else f"tea costs {cents}"


def total_is_right(response):
    cents = response.json()["cents"]
    return None if cents == 4700 else f"the order costs {cents}"
