"""The server that answers exactly when it must, over real sockets."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from bench.proof.reference import exact_server
from bench.proof.reference.books import BOOKS, EVENT_BOOKS, LINES, Books
from bench.proof.reference.event_streams import EVENTS, EventForm, due_after_ns, event
from bench.proof.reference.null_answer import BODY
from bench.proof.selftest.server_record import ServerRecord
from bench.system import clock
from tests.plain_http import NO_TLS
from tests.proof.selftest.reference_server import running

pytestmark = pytest.mark.timed

MS = 1_000_000


@pytest.fixture(scope="module")
def client(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """An exact server of its own process."""
    with running(exact_server) as client:
        yield client


def books(client: httpx.Client) -> ServerRecord:
    """What the server has written down since it was asked last."""
    return ServerRecord(**client.get(BOOKS).json())


def took_ms(client: httpx.Client, *paths: str) -> list[float]:
    """Ask for all at once, each on a connection of its own; how long each took."""

    async def ask(other: httpx.AsyncClient, path: str) -> float:
        began = clock.monotonic_ns()
        assert (await other.get(path)).content == BODY
        return (clock.monotonic_ns() - began) / MS

    async def ask_all() -> list[float]:
        async with httpx.AsyncClient(base_url=client.base_url, verify=NO_TLS) as other:
            return list(await asyncio.gather(*(ask(other, path) for path in paths)))

    return asyncio.run(ask_all())


def test_delays_run_side_by_side(client: httpx.Client) -> None:
    """Each is answered after its own time, and the slow do not hold up the fast."""
    slow, fast = took_ms(client, f"/delay/{200 * MS}", f"/delay/{20 * MS}")
    assert slow >= 200
    assert 20 <= fast < 200


def test_a_queue_serves_one_after_the_other(client: httpx.Client) -> None:
    """Three at once of 50 ms take 50, 100 and 150."""
    first, second, third = sorted(took_ms(client, *[f"/queue/{50 * MS}"] * 3))
    assert first >= 50
    assert second >= 100
    assert third >= 150


def test_a_delay_is_never_cut_short(client: httpx.Client) -> None:
    """Of a hundred in a row."""
    took = [took_ms(client, f"/delay/{MS}")[0] for _ in range(20)]
    assert min(took) >= 1


def test_the_books_tell_when_requests_came_and_when_answers_left(client: httpx.Client) -> None:
    """By the clock that the generator goes by too, in the order of the answers."""
    books(client)
    began = clock.monotonic_ns()
    took_ms(client, *[f"/delay/{ms * MS}" for ms in (60, 20, 40)])
    ended = clock.monotonic_ns()
    found = books(client)
    assert found.answered == len(found.came) == len(found.left) == 3
    assert list(found.left) == sorted(found.left)
    there = [left - came for came, left in zip(found.came, found.left, strict=True)]
    assert [time // MS >= least for time, least in zip(there, (20, 40, 60), strict=True)] == [
        True
    ] * 3
    assert began < min(found.came)
    assert max(found.left) < ended


def test_the_books_begin_again_when_they_were_read(client: httpx.Client) -> None:
    """And asking for them is not in them."""
    client.get("/")
    assert books(client).answered >= 1
    assert books(client) == ServerRecord(0, [], [], [], [])


@pytest.mark.parametrize("form", EventForm)
def test_a_stream_has_its_events_when_they_are_due(client: httpx.Client, form: EventForm) -> None:
    """As they are on schedule at the earliest, by the server's books of every event."""
    client.get(EVENT_BOOKS)
    books(client)
    body = client.get(f"/events/{form}").content
    assert body == b"".join(event(form, number) for number in range(1, EVENTS + 1))
    (came,), kept = books(client).came, client.get(EVENT_BOOKS).json()
    assert kept["answered"] == EVENTS
    assert kept["number"] == list(range(EVENTS))
    assert len(set(kept["turn"])) == 1
    after = [left - came for left in kept["left"]]
    assert all(least <= found for least, found in zip(due_after_ns(), after, strict=True))
    assert all(left <= sent for left, sent in zip(kept["left"], kept["sent"], strict=True))


def test_the_books_have_an_end() -> None:
    """What is answered beyond it is only counted."""
    kept = Books()
    for number in range(LINES + 2):
        kept.enter(number, number, number, 0)
    found = ServerRecord(**json.loads(kept.close()))
    assert (found.answered, len(found.came), found.left[-1]) == (LINES + 2, LINES, LINES - 1)
    assert json.loads(kept.close())["answered"] == 0


def test_anything_else_is_answered_at_once(client: httpx.Client) -> None:
    """Also many times on one connection, and on one that is to be closed."""
    for path in ("/", "/items/7", "/a/b/c"):
        assert client.get(path).content == BODY
    assert client.get("/", headers={"Connection": "close"}).content == BODY


def test_who_leaves_before_the_answer_is_forgotten(client: httpx.Client) -> None:
    """And others are served."""
    with pytest.raises(httpx.ReadTimeout):
        client.get(f"/delay/{100 * MS}", timeout=httpx.Timeout(5.0, read=0.02))
    assert json.loads(client.get("/").content)["id"] == 7
    assert took_ms(client, f"/delay/{150 * MS}")[0] >= 150
