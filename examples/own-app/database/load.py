import httpx
from bench.workload import Checked, Exchange


def sequence(base_url, number):
    new = {"text": f"Greetings from visitor {number}"}
    write = httpx.Request("POST", base_url.join("/entries"), json=new)
    written = yield Exchange(write, Checked(has_an_id, status=201))

    entry = written.json()
    read = httpx.Request("GET", base_url.join(f"/entries/{entry['id']}"))
    yield Exchange(read, Checked(lambda r: None if r.json() == entry else "another entry"))


def has_an_id(response):
    return None if "id" in response.json() else "no id"
