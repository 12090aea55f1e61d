import httpx
from bench.workload import Checked, Exchange

OFFER = {"sku": "tea", "cents": 900, "currency": "EUR"}


def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/offers/tea"))
    yield Exchange(request, Checked(is_the_offer))


def is_the_offer(response):
    return None if response.json() == OFFER else f"another offer: {response.text}"
