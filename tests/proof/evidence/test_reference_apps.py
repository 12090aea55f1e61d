"""The apps of which the truth is known do what is known of them."""

import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import httpx
import pytest

from bench.proof.reference.apps import closing_app, stalling_app, waiting_app, working_app
from bench.proof.reference.apps.row_app import BODY, PATH
from bench.proof.reference.workloads.mixed_rows_workload import WEIGHTS
from bench.proof.reference.workloads.mixed_rows_workload import exchanges as mixed
from bench.proof.reference.workloads.row_workload import check, exchanges

HOME = httpx.URL("http://here")


def client(app: Any) -> httpx.AsyncClient:
    """A client of an app in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HOME)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """How long the app before the closing app stood still, each time; nobody sleeps."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    monkeypatch.setenv(stalling_app.BEHIND, "bench.proof.reference.apps.closing_app:app")
    monkeypatch.setenv(stalling_app.STALLS, "requests/2/0.1")
    stalling_app._rule.cache_clear()
    stalling_app._other.cache_clear()
    yield found
    stalling_app._rule.cache_clear()
    stalling_app._other.cache_clear()


async def test_an_app_stands_still_by_its_rule_and_answers(naps: list[float]) -> None:
    """At every second request; what answers is the app behind it."""
    async with client(stalling_app.app) as http:
        answers = [await http.get(PATH) for _ in range(5)]
    assert [check(answer) for answer in answers] == [None] * 5
    assert naps == [0.1, 0.1]


async def test_an_app_awaits_on_one_path_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it was told; others are answered at once."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setenv(waiting_app.WAIT_MS, "1500")
    monkeypatch.setattr("asyncio.sleep", note)
    waiting_app._wait_s.cache_clear()
    async with client(waiting_app.app) as http:
        answers = [await http.get(path) for path in WEIGHTS]
    waiting_app._wait_s.cache_clear()
    assert {BODY} == {answer.content for answer in answers}
    assert waits == [1.5]


@pytest.mark.parametrize("app", [closing_app.app, waiting_app.app])
async def test_apps_live_as_servers_ask_them_to(app: Any) -> None:
    """They say yes to their start and to their end."""
    asked = iter(["lifespan.startup", "lifespan.shutdown"])
    said: list[str] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": next(asked)}

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("app", "in_a_thread"), [(working_app.app, True), (working_app.blocking, False)]
)
async def test_an_app_works_after_its_answer(
    app: Callable[..., Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    in_a_thread: bool,
) -> None:
    """For 4 ms of its thread's time: when it begins, the answer has been sent."""
    began: list[tuple[bool, bool]] = []
    sent: list[str] = []
    clock = time.thread_time

    def note() -> float:
        began.append((threading.current_thread() is not threading.main_thread(), bool(sent)))
        return clock() if len(began) == 1 else clock() + working_app.WORK_S

    monkeypatch.setattr("time.thread_time", note)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": PATH, "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert began[0] == (in_a_thread, True)


async def test_an_app_asks_its_server_to_close() -> None:
    """An ASGI server does what the header says; a WSGI server closes by itself."""
    async with client(closing_app.app) as http:
        answer = await http.get(PATH)
    assert answer.headers["connection"] == "close"
    assert check(answer) is None
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = closing_app.application({}, lambda status, headers: started.append((status, headers)))
    assert b"".join(body) == BODY
    (status, headers) = started[0]
    assert status == "200 OK"
    assert "connection" not in dict(headers)


def test_workloads_ask_for_rows() -> None:
    """Of the mix, 3 in 100 wait."""
    (only,) = exchanges(HOME)
    assert only.request.url.path == PATH
    assert {e.request.url.path: e.weight for e in mixed(HOME)} == {"/at-once": 97, PATH: 3}
    assert check(httpx.Response(200, content=b"else")) == f"expected {BODY!r}, got else"
