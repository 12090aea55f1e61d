"""The API behind Debian's nginx, by the repository's own configuration."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from bench.run.before_load.gate import gate
from bench.run.request.resolve import SUITE
from servers import catalogue
from servers.apps.app import App, items_app
from servers.asking.readiness_request import Question
from servers.environments.cache import build
from servers.launch import launch
from servers.ports import free_port
from servers.profile import Profile
from servers.readiness import AnswerReadiness
from servers.serve import serving
from tests.deploy.proxy import Proxy, nginx

MEASURED = catalogue.builtin()["uvicorn"]
DEPLOYED = serving(MEASURED)
"""As it is run for people: it believes what a proxy on this machine says of the client."""
ECHO = """
import json

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    seen = {
        "client": scope["client"], "scheme": scope["scheme"],
        "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
    }
    body = json.dumps(seen).encode()
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
SPOOFED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9",
    "True-Client-IP": "203.0.113.9",
    "X-Client-IP": "203.0.113.9",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/evil",
    "Proxy": "http://evil.example",
}


@pytest.fixture(scope="module")
async def before_items(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxy]:
    """Start nginx before the items app."""
    folder, app = tmp_path_factory.mktemp("items"), items_app()
    environment = await build(DEPLOYED, app)
    async with (
        launch(DEPLOYED, environment, app, log=folder / "log") as server,
        nginx(folder, server.address.port) as proxy,
    ):
        yield proxy


@pytest.fixture(scope="module")
async def before_echo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxy]:
    """Start nginx before an app that tells what it has seen of a request."""
    async with before_echo_under(DEPLOYED, tmp_path_factory.mktemp("echo")) as proxy:
        yield proxy


@asynccontextmanager
async def before_echo_under(profile: Profile, tmp_path: Path) -> AsyncIterator[Proxy]:
    """Start that app under a server, and nginx before it."""
    (tmp_path / "echo.py").write_text(ECHO, encoding="utf-8")
    app = App(asgi="echo:app", wsgi=None, directory=tmp_path)
    environment = await build(profile, items_app())
    readiness = AnswerReadiness(Question("/"), 200)
    async with (
        launch(profile, environment, app, log=tmp_path / "log", readiness=readiness) as server,
        nginx(tmp_path, server.address.port) as proxy,
    ):
        yield proxy


def client_of(proxy: Proxy, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Reach it from one of this machine's addresses."""
    transport = httpx.AsyncHTTPTransport(verify=proxy.tls(), local_address=address)
    return httpx.AsyncClient(transport=transport, base_url=proxy.url, trust_env=False)


async def test_suite_passes_through(
    before_items: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the API owes its clients, it owes them through nginx too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(before_items.certificate))
    told = {"WEIGHBRIDGE_INTERFACE": "asgi", "WEIGHBRIDGE_LACKS": ""}  # WebSocket passes too
    found = await gate("nginx", before_items.url, SUITE, tmp_path / "gate.log", told=told)
    assert [(test.name, test.message) for test in found.tests if not test.passed] == []
    assert found.passed


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
async def test_client_address_arrives(before_echo: Proxy, address: str) -> None:
    """The app sees who asks, and that it was asked over TLS."""
    async with client_of(before_echo, address) as client:
        seen = (await client.get("/")).json()
    assert seen["client"][0] == address
    assert seen["scheme"] == "https"
    assert seen["headers"]["host"] == urlsplit(before_echo.url).netloc


async def test_spoofed_headers_do_not_arrive(before_echo: Proxy) -> None:
    """What a client says of itself in a proxy's words does not pass."""
    async with client_of(before_echo) as client:
        seen = (await client.get("/", headers=SPOOFED)).json()
    assert seen["client"][0] == "127.0.0.1"
    assert seen["scheme"] == "https"
    assert not set(SPOOFED.values()) & set(seen["headers"].values())


async def test_connection_to_the_api_is_kept(tmp_path: Path) -> None:
    """Many requests take one connection of nginx to the API."""
    # As it is measured, uvicorn believes no proxy: the client that it sees is nginx itself.
    async with before_echo_under(MEASURED, tmp_path) as proxy, client_of(proxy) as client:
        connections = [(await client.get("/")).json()["client"] for _ in range(20)]
    assert connections == connections[:1] * 20


async def test_api_refuses_a_long_body_itself(before_items: Proxy) -> None:
    """A body beyond the API's limit gets the API's own words."""
    async with client_of(before_items) as client:
        response = await client.post("/items", json={"name": "x" * 2**20, "price": 1})
    assert response.status_code == 413
    assert response.json() == {"detail": "body: must have at most 1048576 bytes"}


async def test_nginx_refuses_a_far_longer_body(before_items: Proxy) -> None:
    """A body beyond nginx's limit is a 413 of the same shape."""
    async with client_of(before_items) as client:
        response = await client.post("/items", json={"name": "x" * 3 * 2**20, "price": 1})
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"detail": "body: must have at most 2 MiB"}


async def test_api_is_gone(tmp_path: Path) -> None:
    """With no API behind it nginx says so, in the one shape."""
    async with nginx(tmp_path, free_port("127.0.0.1")) as proxy, client_of(proxy) as client:
        response = await client.get("/items/1")
    assert response.status_code == 502
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"detail": "the API cannot be reached: try again"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/" + "x" * 10_000, 414), ("TRACE", "/", 405)],
    ids=["long-path", "trace"],
)
async def test_own_errors_have_the_one_shape(
    before_items: Proxy, method: str, path: str, status: int
) -> None:
    """What nginx refuses by itself looks like what the API refuses."""
    async with client_of(before_items) as client:
        response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["detail"]


@pytest.mark.parametrize("secure", [True, False], ids=["tls", "plain"])
@pytest.mark.parametrize(
    ("request_line", "status"),
    [("nonsense", 400), ("GET / HTTP/9.9", 505), ("TRACE / HTTP/1.1", 405)],
)
async def test_unreadable_request_has_the_one_shape(
    before_items: Proxy, request_line: str, status: int, *, secure: bool
) -> None:
    """Nor is a request without a path an exception, on either port."""
    port = before_items.secure_port if secure else before_items.plain_port
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=before_items.tls() if secure else None
    )
    writer.write(f"{request_line}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/json\r\n" in head
    assert list(json.loads(body)) == ["detail"]


async def test_plain_http_on_the_tls_port_is_refused(before_items: Proxy) -> None:
    """Who forgets the s is told so in JSON."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(before_items.url.replace("https", "http"))
    assert response.status_code == 400
    assert list(response.json()) == ["detail"]


async def test_plain_http_is_redirected(before_items: Proxy) -> None:
    """A request without TLS is sent to where there is TLS."""
    url = f"http://127.0.0.1:{before_items.plain_port}/items?limit=1"
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(url)
    assert response.status_code == 308
    assert response.headers["location"] == "https://127.0.0.1/items?limit=1"


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics?x=1", "/%6Detrics"])
async def test_metrics_are_hidden(before_items: Proxy, path: str) -> None:
    """Strangers are told that there are no metrics, however the path is spelt."""
    async with client_of(before_items) as client:
        response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"detail": "/metrics does not exist: /docs lists the paths that do"}


async def test_version_is_not_told(before_items: Proxy) -> None:
    """Nobody learns which nginx it is; browsers are told to stay with TLS."""
    async with client_of(before_items) as client:
        response = await client.get("/items/1")
    assert response.headers["server"] == "nginx"
    assert "max-age" in response.headers["strict-transport-security"]
