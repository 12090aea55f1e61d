import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url.join("/export.csv")), Checked(has_all_rows))
    yield Exchange(httpx.Request("GET", base_url.join("/chat")), Checked(came_to_its_end))


def has_all_rows(response):
    rows = response.text.count("\n")
    return None if rows == 501 else f"{rows} rows"


def came_to_its_end(response):
    return None if response.text.endswith("data: [DONE]\n\n") else "the stream broke off"
