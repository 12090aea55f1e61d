"""What a right answer is, and whose."""

import asyncio

import pytest

from servers import readiness
from servers.command import Address
from servers.probe import Answer
from servers.readiness import AnswerReadiness, HealthReadiness, Waiting


@pytest.mark.parametrize(
    ("status", "body", "pid"),
    [
        (200, b'{"status": "ok", "pid": 12}', 12),
        (503, b'{"status": "ok", "pid": 12}', 12),
        (200, b'{"status": "starting", "pid": 12}', None),
        (200, b'{"status": "ok"}', None),
        (200, b'{"status": "ok", "pid": "12"}', None),
        (200, b"[]", None),
        (200, b"\xff", None),
    ],
)
def test_health(status: int, body: bytes, pid: int | None) -> None:
    """Right is 200, ok, and signed with a pid."""
    health = HealthReadiness()
    assert pid == health.pid(body)
    assert health.check(status, body) is (status == 200 and pid is not None)


def test_answer() -> None:
    """Any body will do; who answered it does not tell."""
    ready = AnswerReadiness("/ready", 204)
    assert ready.check(204, b"")
    assert not ready.check(200, b"")
    assert ready.pid(b'{"status": "ok", "pid": 12}') is None


@pytest.mark.parametrize("takes_s", [0.0, 0.15])
async def test_a_question_that_takes_long_is_given_longer(
    monkeypatch: pytest.MonkeyPatch, takes_s: float
) -> None:
    """The endpoint that is asked may be slow: each time it is given up, it has twice as long."""
    monkeypatch.setattr(readiness, "_LIMIT_S", 0.05)
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(takes_s)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
        waiting = Waiting(address, AnswerReadiness(), tree=None)
        async with asyncio.timeout(10):
            await waiting.until_ready(1)
    assert waiting.first_ns is not None
    assert (asked > 1) is (takes_s > 0.05)


async def test_a_question_that_is_refused_is_asked_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that is not up yet costs its start-up time no more than the pause between two."""
    asked: list[float] = []

    async def refused(_: Address, __: str, limit_s: float) -> Answer | str:
        asked.append(limit_s)
        return "Connection refused" if len(asked) < 5 else Answer(200, b"", 1)

    monkeypatch.setattr(readiness, "get", refused)
    waiting = Waiting(Address("127.0.0.1", 1), AnswerReadiness(), tree=None)
    await waiting.until_ready(1)
    assert asked == [readiness._LIMIT_S] * 5
