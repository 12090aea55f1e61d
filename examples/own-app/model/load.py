import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    url = base_url.join("/predict")
    for start in range(10):
        values = [(start + n) % 10 / 10 for n in range(256)]
        yield Exchange(httpx.Request("POST", url, json={"values": values}), Checked(is_a_label))


def is_a_label(response):
    label = response.json()["label"]
    return None if label in range(10) else f"label {label}"
