import hashlib
import random

import httpx
from bench.workload import Checked, Exchange

PHOTO = random.Random(1).randbytes(200_000)
DIGEST = hashlib.sha256(PHOTO).hexdigest()


def exchanges(base_url):
    request = httpx.Request(
        "POST",
        base_url.join("/photos"),
        data={"album": "summer"},
        files={"photo": ("beach.jpg", PHOTO, "image/jpeg")},
    )
    yield Exchange(request, Checked(arrived_whole, status=201))


def arrived_whole(response):
    return None if response.json()["sha256"] == DIGEST else "the photo came in damaged"
