import httpx
from bench.workload import Checked, Exchange

HEADERS = {"Host": "api.example.com", "X-Api-Key": "key-for-measuring"}


def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/orders"), headers=HEADERS)
    yield Exchange(request, Checked(has_orders))


def has_orders(response):
    return None if response.json()[0]["id"] == 1 else "no orders"
