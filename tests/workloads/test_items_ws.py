"""The built-in WebSocket workload: what is a right echo of an item, and what is none."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.echo import answer
from bench.load.scripts.message_script import MessageLine, MessageScript
from bench.load.scripts.user_code import tried
from bench.load.websocket.frames import Opcode
from bench.load.websocket.reader import Received
from bench.workload import WebSocket
from bench.workloads.built_in import items_ws

BASE = httpx.URL("http://127.0.0.1:8000")


def found() -> WebSocket:
    """What is sent to one server."""
    return items_ws.websocket(BASE)


def fault(index: int, answered: str | bytes) -> str | None:
    """What is wrong with an answer to one of the messages."""
    kind = Opcode.TEXT if isinstance(answered, str) else Opcode.BINARY
    payload = answered.encode() if isinstance(answered, str) else answered
    line = MessageScript(found(), BASE, 1).lines[index]
    assert isinstance(line, MessageLine)
    return line.fault([Received(kind, payload)])


def test_what_the_app_answers_is_right() -> None:
    """To every message."""
    for index, message in enumerate(found().messages):
        assert isinstance(message.content, str)
        assert fault(index, answer(message.content)) is None


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another name": lambda right: {**right, "name": "WRONG"},
    "a number for in_stock": lambda right: {**right, "in_stock": 1},
    "no name": lambda right: {key: right[key] for key in right if key != "name"},
    "one field more": lambda right: {**right, "more": 1},
    "null": lambda _: None,
    "an error": lambda _: {"detail": "no"},
    "brackets": lambda _: [[]] * 100_000,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_another_item_is_wrong(wrong: Callable[[dict[str, Any]], Any]) -> None:
    """To the type of each field."""
    right = json.loads(str(found().messages[1].content))
    assert fault(1, json.dumps(right)) is None
    assert fault(1, json.dumps(wrong(right))) is not None
    assert fault(1, json.dumps(right).encode()) is not None, "bytes are no text"
    assert fault(1, "{") is not None


def test_the_token_of_the_environment_is_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    """If there is one."""
    assert not found().headers
    monkeypatch.setenv("WEIGHBRIDGE_TOKEN", "a.b.c")
    assert found().headers == {"Authorization": "Bearer a.b.c"}


def test_what_asks_for_it_is_known_without_a_server() -> None:
    """By its path the server is asked whether it is ready."""
    [asks] = tried("items_ws")
    assert (asks.request.method, asks.request.url.path) == ("GET", "/items/ws")
    assert "upgrade" not in asks.request.headers
