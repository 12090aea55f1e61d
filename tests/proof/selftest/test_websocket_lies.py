"""The lying server over WebSockets, as a library sees it that shares no code with us."""

from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from bench.proof.reference import lying_server
from bench.proof.reference.lie_counts import COMMITTED
from bench.proof.reference.websocket_lies import WebSocketLie
from tests.proof.selftest.reference_server import running, six_outcomes


@pytest.fixture(scope="module")
def client(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """A lying server of its own process."""
    with running(lying_server) as client:
        yield client


def outcome(client: httpx.Client, path: str, patience_s: float) -> str:
    """What one message comes to, on a connection of its own."""
    url = client.base_url.copy_with(scheme="ws", path=path)
    with connect(str(url), compression=None) as connection:
        connection.send("known answer")
        try:
            return "right" if connection.recv(timeout=patience_s) == "known answer" else "wrong"
        except TimeoutError:
            return "timeout"
        except ConnectionClosedError:
            return "lost"


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (WebSocketLie.WRONG_ECHO, "wrong"),
        (WebSocketLie.MASKED_BY_THE_SERVER, "lost"),
        (WebSocketLie.FLOOD_OF_PINGS, "timeout"),
        (WebSocketLie.CLOSE_IN_MID_MESSAGE, "lost"),
        (WebSocketLie.NO_ECHO, "timeout"),
        (WebSocketLie.FRAGMENTED, "right"),
    ],
)
def test_one_message_in_three_is_lied_to(
    client: httpx.Client, lie: WebSocketLie, expected: str
) -> None:
    """Two of six, and the server owns up to them."""
    before = client.get(COMMITTED).json().get(lie, 0)
    seen = six_outcomes(partial(outcome, client, f"/{lie}/3"), expected)
    after = client.get(COMMITTED).json().get(lie, 0)
    assert after - before == 2
    assert seen == [expected, "right", "right"] * 2
