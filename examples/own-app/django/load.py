import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url), Checked(lists_the_posts))
    for number in (1, 2, 3):
        url = base_url.join(f"/api/posts/{number}/")
        yield Exchange(httpx.Request("GET", url), Checked(is_a_post))


def lists_the_posts(response):
    return None if "A year with Django" in response.text else "a post is missing"


def is_a_post(response):
    return None if response.json().keys() == {"number", "title"} else "no post"
