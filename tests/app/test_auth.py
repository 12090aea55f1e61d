"""Who may write when auth is on: tokens that are right, and all the ways in which they are not."""

import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr, ValidationError

from app.main import create_app
from app.settings import Settings
from bench.run.before_load.gate import gate
from bench.run.request.resolve import SUITE
from servers import catalogue
from servers.apps.app import items_app
from servers.apps.settings import AppSettings, with_settings
from servers.environments.cache import build
from servers.errors import LaunchError
from servers.launch import launch
from tests.app.clients import client_of
from tests.app.tokens import APP, HASH, SECRET, SETTINGS, bearing, claims, signed

DRAFT = {"name": "widget", "price": 9.5}
RIGHT = {"username": "ann", "password": "correct horse"}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Reach an app whose writes need a token."""
    async with client_of(APP) as client:
        yield client


def unsigned(header: dict[str, str]) -> str:
    """Write a valid token under another header, with the signature of the right one."""
    _, payload, signature = signed().split(".")
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{head}.{payload}.{signature}"


async def test_token_success(client: httpx.AsyncClient) -> None:
    """Name and password give a token; with it, each kind of write works."""
    response = await client.post("/token", data=RIGHT)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 1800)
    headers = bearing(answer["access_token"])
    created = await client.post("/items", json=DRAFT, headers=headers)
    path = created.headers["location"]
    statuses = [
        (await client.put(path, json=DRAFT, headers=headers)).status_code,
        (await client.patch(path, json={"price": 1}, headers=headers)).status_code,
        (await client.delete(path, headers=headers)).status_code,
    ]
    assert [created.status_code, *statuses] == [201, 200, 200, 204]


async def test_reads_are_public(client: httpx.AsyncClient) -> None:
    """Nobody needs a token to read."""
    for path in ("/items", "/items/1", "/health"):
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/items"), ("PUT", "/items/1"), ("PATCH", "/items/1"), ("DELETE", "/items/1")],
)
async def test_write_without_token(client: httpx.AsyncClient, method: str, path: str) -> None:
    """A write without a token is a 401 that says where to get one, and writes nothing."""
    response = await client.request(method, path, json=DRAFT)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {"detail": "this needs a token: POST /token gives one"}
    assert (await client.get("/items/1")).json()["name"] == "item 1"


@pytest.mark.parametrize(
    "form",
    [RIGHT | {"password": "wrong"}, RIGHT | {"username": "bob"}, RIGHT | {"password": "x" * 5000}],
    ids=["password", "name", "long"],
)
async def test_wrong_password(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    """What is wrong is not told: name or password."""
    response = await client.post("/token", data=form)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {"detail": "wrong name or password"}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"username=ann", "application/x-www-form-urlencoded"),
        (b'{"username": "ann"}', "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"broken", "multipart/form-data"),
        (b"a&" * 2000, "application/x-www-form-urlencoded"),
    ],
)
async def test_no_form(client: httpx.AsyncClient, content: bytes, content_type: str) -> None:
    """A request that is no such form is a 422 in the one shape, as the document says."""
    response = await client.post("/token", content=content, headers={"Content-Type": content_type})
    assert response.status_code == 422
    assert list(response.json()) == ["detail"]


async def test_form_without_boundary(client: httpx.AsyncClient) -> None:
    """What is wrong with a form is said."""
    headers = {"Content-Type": "multipart/form-data"}
    response = await client.post("/token", content=b"broken", headers=headers)
    assert response.json() == {"detail": "body: is no readable form: Missing boundary in multipart"}


async def test_form_too_long(client: httpx.AsyncClient) -> None:
    """A form beyond the limit is a 413, which the document names."""
    response = await client.post("/token", data=RIGHT | {"scope": "x" * 2**20})
    assert response.status_code == 413
    assert "413" in APP.openapi()["paths"]["/token"]["post"]["responses"]


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BAD_TOKENS = {
    "expired": lambda: signed(exp=LONG_AGO),
    "of-the-future": lambda: signed(nbf=datetime.now(UTC) + timedelta(hours=1)),
    "never-expires": lambda: signed(exp=None),
    "of-nobody": lambda: signed(sub=None),
    "of-one-who-left": lambda: signed(sub="bob"),
    "for-another-audience": lambda: signed(aud="prices"),
    "for-no-audience": lambda: signed(aud=None),
    "other-secret": lambda: signed(key="another secret of thirty-two bytes!!"),
    "other-algorithm": lambda: signed(key=SECRET * 2, algorithm="HS512"),
    "same-secret-hs384": lambda: jwt.encode(claims(), SECRET.ljust(48), "HS384"),
    "algorithm-none": lambda: jwt.encode(claims(), "", "none"),
    "header-says-none": lambda: unsigned({"alg": "none", "typ": "JWT"}),
    "header-says-rs256": lambda: unsigned({"alg": "RS256", "typ": "JWT"}),
    "tampered-claims": lambda: ".".join(
        [signed().split(".")[0], signed(sub="eve").split(".")[1], signed().split(".")[2]]
    ),
    "tampered-signature": lambda: signed()[:-4] + "AAAA",
    "cut-off": lambda: signed()[:-10],
    "garbage": lambda: "garbage",
    "dots": lambda: "..",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_bad_token(client: httpx.AsyncClient, token: Any) -> None:
    """A token that this app would not give out now is a 401 of RFC 6750."""
    response = await client.post("/items", json=DRAFT, headers=bearing(token()))
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert "not valid, or has expired" in response.json()["detail"]


async def test_good_token_of_the_tests(client: httpx.AsyncClient) -> None:
    """What the bad tokens are made from is good."""
    response = await client.post("/items", json=DRAFT, headers=bearing(signed()))
    assert response.status_code == 201


@settings(max_examples=50)
@given(header=st.binary(max_size=60) | st.text(max_size=30).map(lambda t: b"Bearer " + t.encode()))
async def test_any_header_is_a_401(header: bytes) -> None:
    """No Authorization header crashes the app, or lets anybody in."""
    async with client_of(APP) as client:
        response = await client.post("/items", json=DRAFT, headers=[(b"Authorization", header)])
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_openapi_shows_who_needs_a_token() -> None:
    """Writes name the scheme, reads do not."""
    paths = APP.openapi()["paths"]
    assert paths["/items"]["post"]["security"] == [{"OAuth2PasswordBearer": []}]
    assert "401" in paths["/items/{item_id}"]["delete"]["responses"]
    assert "security" not in paths["/items"]["get"]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "ITEMS_AUTH_SECRET"),
        ({"auth_secret": "short"}, "ITEMS_AUTH_SECRET"),
        ({"auth_secret": SECRET}, "ITEMS_AUTH_USERS"),
        ({"auth_secret": SECRET, "auth_users": {"ann": "plain"}}, "'ann' .* Argon2"),
        ({"auth_secret": SECRET, "auth_users": {"ann": "$argon2id$unused"}}, "'ann' .* Argon2"),
        ({"auth_secret": SECRET, "auth_users": {"ann": HASH, "bob": HASH[:50]}}, "'bob' .* Argon2"),
        ({"auth_secret": SECRET, "auth_users": {"ann": HASH + "\n"}}, "'ann' .* Argon2"),
    ],
)
def test_no_default_secret(given: dict[str, Any], complaint: str) -> None:
    """Auth without a secret, with a short one or without users is no auth: it is refused."""
    with pytest.raises(ValidationError, match=complaint):
        Settings(auth=True, **given)


@pytest.mark.parametrize(
    "parameters", ["m=0,t=0,p=0", "m=4294967295,t=1,p=1", "m=99999999999999999999,t=1,p=1"]
)
async def test_hash_of_nonsense_fits_no_password(parameters: str) -> None:
    """A hash that has the form, but that nothing can compute, is a 401 and no crash."""
    users = {"ann": SecretStr(f"$argon2id$v=19${parameters}$c29tZXNhbHQ$c29tZWhhc2g")}
    app = create_app(Settings(auth=True, auth_secret=SecretStr(SECRET), auth_users=users))
    async with client_of(app) as client:
        answers = [await client.post("/token", data=RIGHT | {"username": n}) for n in ("ann", "x")]
    assert [answer.status_code for answer in answers] == [401, 401]


def test_refused_secret_is_not_shown() -> None:
    """Nor is one that is refused, in the error that a log would show."""
    with pytest.raises(ValidationError) as refused:
        Settings(auth=True, auth_secret=SecretStr("too-short-a-secret"))
    assert "too-short-a-secret" not in str(refused.value)


def test_secret_is_not_shown() -> None:
    """Neither secret nor hashes are in what a log would show of the settings."""
    assert SECRET not in repr(SETTINGS)
    assert HASH not in repr(SETTINGS)


def test_hash_for_the_settings() -> None:
    """The module prints a user as the settings want it."""
    made = subprocess.run(
        [sys.executable, "-m", "app.auth", "ann"],
        input="correct horse\n", text=True, capture_output=True, check=True,
    )  # fmt: skip
    users = json.loads(made.stdout)
    assert Argon2Hasher().verify("correct horse", users["ann"])


async def test_real_server_refuses_to_start_without_secret(tmp_path: Path) -> None:
    """A server whose app has auth on and no secret ends, and its log says why."""
    profile, app = replace(catalogue.builtin()["uvicorn"], env={"ITEMS_AUTH": "true"}), items_app()
    environment = await build(profile, app)
    with pytest.raises(LaunchError) as refused:
        async with launch(profile, environment, app, log=tmp_path / "log"):
            pass
    assert "ITEMS_AUTH_SECRET" in (tmp_path / "log").read_text(encoding="utf-8")
    assert refused.value.log_tail


async def test_real_server_takes_its_own_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under uvicorn: no token, no write; with the token that it gave, the suite passes."""
    env = {
        "ITEMS_AUTH": "true",
        "ITEMS_AUTH_SECRET": SECRET,
        "ITEMS_AUTH_USERS": json.dumps({"ann": HASH}),
    }
    # Taken as they stand: in a profile's own variables, braces are filled in.
    profile = with_settings(catalogue.builtin()["uvicorn"], AppSettings(env, shown={}))
    environment = await build(profile, items_app())
    async with (
        launch(profile, environment, items_app(), log=tmp_path / "log") as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
    ):
        assert (await client.post("/items", json=DRAFT)).status_code == 401
        token = (await client.post("/token", data=RIGHT)).json()["access_token"]
        monkeypatch.setenv("WEIGHBRIDGE_TOKEN", token)
        found = await gate("uvicorn", server.url, SUITE, tmp_path / "gate.log")
    assert [(test.name, test.message) for test in found.tests if not test.passed] == []
    assert found.passed
