import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    page = httpx.Request("GET", base_url.join("/?name=Ada"))
    yield Exchange(page, Checked(greets))
    for city in ("Oslo", "Lima", "Perth"):
        request = httpx.Request("GET", base_url.join(f"/weather/{city}"))
        yield Exchange(request, Checked(has_degrees))


def greets(response):
    return None if "Hello Ada" in response.text else "nobody is greeted"


def has_degrees(response):
    return None if "degrees" in response.json() else "no weather"
