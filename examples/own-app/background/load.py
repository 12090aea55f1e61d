import itertools

import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    for n in itertools.count():
        order = {"email": f"customer{n}@example.com"}  # never the same twice
        request = httpx.Request("POST", base_url.join("/orders"), json=order)
        yield Exchange(request, Checked(is_accepted, status=202))


def is_accepted(response):
    return None if response.json()["accepted"] else "not accepted"
