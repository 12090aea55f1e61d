import httpx
from bench.workload import Checked, Exchange


def sequence(base_url, number):
    name = f"user{number % 100}"
    form = {"username": name, "password": f"pass{number % 100}"}
    login = httpx.Request("POST", base_url.join("/login"), data=form)
    response = yield Exchange(login, Checked(has_a_token))

    headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
    for _ in range(5):
        me = httpx.Request("GET", base_url.join("/me"), headers=headers)
        yield Exchange(me, Checked(lambda r: None if r.json() == {"name": name} else r.text))


def has_a_token(response):
    return None if "access_token" in response.json() else "no token"
