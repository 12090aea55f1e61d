"""The lying server over WebSockets, as a library sees it that shares no code with us."""

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from bench.proof.reference import lying_server
from bench.proof.reference.lie_counts import COMMITTED
from bench.proof.reference.websocket_lies import WebSocketLie
from tests.proof.selftest.reference_server import running

pytestmark = pytest.mark.timed


@pytest.fixture(scope="module")
def client(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """A lying server of its own process."""
    with running(lying_server) as client:
        yield client


def outcome(client: httpx.Client, path: str) -> str:
    """What one message comes to, on a connection of its own."""
    url = client.base_url.copy_with(scheme="ws", path=path)
    with connect(str(url), compression=None) as connection:
        connection.send("known answer")
        try:
            return "right" if connection.recv(timeout=0.5) == "known answer" else "wrong"
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
    seen = Counter(outcome(client, f"/{lie}/3") for _ in range(6))
    after = client.get(COMMITTED).json().get(lie, 0)
    assert after - before == 2
    assert seen == Counter({"right": 4}) + Counter({expected: 2})
