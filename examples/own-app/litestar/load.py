import httpx
from bench.workload import Checked, Exchange

NEW = {"title": "Write it down", "done": False}


def exchanges(base_url):
    show = httpx.Request("GET", base_url.join("/tasks/2"))
    yield Exchange(show, Checked(is_the_task))
    add = httpx.Request("POST", base_url.join("/tasks"), json=NEW)
    yield Exchange(add, Checked(comes_back, status=201))


def is_the_task(response):
    return None if response.json()["title"] == "Measure servers" else "another task"


def comes_back(response):
    return None if response.json() == NEW else f"not what was sent: {response.text}"
