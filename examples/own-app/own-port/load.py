import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/pages/about"))
    yield Exchange(request, Checked(is_the_page))


def is_the_page(response):
    return None if response.json() == {"page": "about"} else "another page"
