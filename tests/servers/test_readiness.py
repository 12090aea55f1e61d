"""What a right answer is, and whose."""

import asyncio
from collections.abc import Callable

import pytest

from servers import readiness
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.processes import process_tree
from servers.readiness import (
    AnswerReadiness,
    HealthReadiness,
    ReadinessWait,
    StrangerError,
    WrongAnswerError,
)


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
    ready = AnswerReadiness(Question("/ready"), 204)
    assert ready.check(204, b"")
    assert not ready.check(200, b"")
    assert ready.pid(b'{"status": "ok", "pid": 12}') is None


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing between two questions."""
    for name in ("_INTERVAL_S", "_LONGEST_INTERVAL_S", "_WRONG_INTERVAL_S"):
        monkeypatch.setattr(readiness, name, 0.0)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Question]]:
    """Let questions be answered so, one second apart; they are returned as they are asked."""

    def answer(*replies: int | str) -> list[Question]:
        asked: list[Question] = []

        async def get(_: Address, question: Question) -> ProbeAnswer | str:
            asked.append(question)
            reply = replies[len(asked) - 1]
            at_ns = len(asked) * 1_000_000_000
            return reply if isinstance(reply, str) else ProbeAnswer(reply, b"said\n2", at_ns)

        monkeypatch.setattr(readiness, "get", get)
        return asked

    return answer


def waiting(question: Question = Question("/x")) -> ReadinessWait:  # noqa: B008
    """The wait for a server that others run."""
    return ReadinessWait(Address("127.0.0.1", 1), AnswerReadiness(question), tree=None)


async def test_a_question_that_hangs_is_left_to_and_another_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The endpoint that is asked may be slow: the answer to the first question is as good."""
    monkeypatch.setattr(readiness, "_LIMIT_S", 0.01)
    asked = 0
    beside = asyncio.Event()

    async def get(_: Address, __: Question) -> ProbeAnswer | str:
        nonlocal asked
        asked += 1
        if asked > 1:
            beside.set()
            await asyncio.Event().wait()
        await beside.wait()
        return ProbeAnswer(200, b"", 5)

    monkeypatch.setattr(readiness, "get", get)
    found = waiting()
    async with asyncio.timeout(10):
        await found.until_ready(1)
    assert found.first_ns == 5


async def test_a_question_that_is_refused_is_asked_again_while_another_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that was lost costs no more than the first wait for it."""
    monkeypatch.setattr(readiness, "_LIMIT_S", 0.01)
    limits = []
    asked = 0

    async def get(_: Address, __: Question) -> ProbeAnswer | str:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.Event().wait()
        limits.append(asked)
        return "Connection refused" if asked < 50 else ProbeAnswer(200, b"", 1)

    monkeypatch.setattr(readiness, "get", get)
    async with asyncio.timeout(10):
        await waiting().until_ready(1)
    assert limits == list(range(2, 51))


async def test_a_question_that_is_refused_is_asked_again(
    answering: Callable[..., list[Question]],
) -> None:
    """Until it is answered."""
    asked = answering(*["Connection refused"] * 4, 200)
    question = Question("/x", ((b"X-Api-Key", b"k"),))
    await waiting(question).until_ready(1)
    assert asked == [question] * 5


@pytest.mark.parametrize("status", [301, 401, 403, 404, 422, 500])
async def test_a_wrong_answer_that_comes_again_and_again_is_reported(
    answering: Callable[..., list[Question]], status: int
) -> None:
    """After two seconds, and not when all the time is over."""
    asked = answering("Connection refused", *[status] * 3)
    with pytest.raises(WrongAnswerError, match=rf"{status} \('said'\)"):
        await waiting().until_ready(1)
    assert len(asked) == 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_later_is_an_answer_that_is_waited_for(
    answering: Callable[..., list[Question]], status: int
) -> None:
    """Apps answer so while they load."""
    answering(*[status] * 50, 200)
    found = waiting()
    await found.until_ready(1)
    assert found.first_ns == 51_000_000_000


async def test_wrong_answers_that_change_are_waited_for(
    answering: Callable[..., list[Question]],
) -> None:
    """It is not known yet what it will answer."""
    answering(404, 404, 500, 500, 404, 503, 404, 404, 200)
    await waiting().until_ready(1)


async def test_a_server_at_work_may_answer_rightly_yet(
    answering: Callable[..., list[Question]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loads something, or restarts, in its own processes."""
    answering(*[500] * 9, 200)
    used = iter(range(0, 100_000_000_000, 2_000_000_000))
    monkeypatch.setattr(process_tree, "cpu_ns", lambda _: {7: next(used)})
    monkeypatch.setattr(process_tree, "listeners", lambda *_: {7})
    found = ReadinessWait(Address("127.0.0.1", 1), AnswerReadiness(), tree=lambda: {7})
    assert await found.until_ready(1) == {7}


async def test_a_wrong_answer_of_a_stranger_is_not_the_servers(
    answering: Callable[..., list[Question]],
) -> None:
    """The port was taken: another is to be tried."""
    answering(*[404] * 9)
    found = ReadinessWait(Address("127.0.0.1", 1), AnswerReadiness(), tree=set)
    with pytest.raises(StrangerError):
        await found.until_ready(1)


def test_anything_below_500() -> None:
    """Where nobody knows what is right."""
    ready = AnswerReadiness(Question("/"), None)
    assert [s for s in (200, 302, 404, 405, 429, 500, 503) if ready.check(s, b"")] == [
        200, 302, 404, 405,
    ]  # fmt: skip
    assert ready.expected == "anything below 500"
