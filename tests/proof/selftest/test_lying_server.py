"""The server that lies, over real sockets: as often as it says, and in the way that it says."""

from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from bench.proof.reference import lying_server
from bench.proof.reference.lie_counts import COMMITTED
from bench.proof.reference.lying_server import Lie
from bench.proof.reference.null_answer import BODY
from tests.plain_http import NO_TLS
from tests.proof.selftest.reference_server import PATIENCE_S, running, six_outcomes


@pytest.fixture(scope="module")
def client(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """A lying server of its own process."""
    with running(lying_server) as client:
        yield client


def outcome(client: httpx.Client, path: str, patience_s: float) -> str:
    """What one request comes to, as httpx sees it."""
    try:
        response = httpx.get(  # over a connection of its own
            client.base_url.join(path),
            timeout=httpx.Timeout(PATIENCE_S, read=patience_s),
            verify=NO_TLS,
        )
    except httpx.TransportError as error:
        return type(error).__name__
    if response.status_code != httpx.codes.OK:
        return str(response.status_code)
    return "right" if response.content == BODY else "wrong"


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (Lie.WRONG_BODY, "wrong"),
        (Lie.WRONG_STATUS, "500"),
        (Lie.TRUNCATED_BODY, "RemoteProtocolError"),
        (Lie.LENGTH_TOO_LARGE, "ReadTimeout"),
        (Lie.NO_ANSWER, "ReadTimeout"),
        (Lie.RESET_IN_BODY, "ReadError"),
        (Lie.ENDLESS_HEAD, "RemoteProtocolError"),
        (Lie.ONE_BYTE_AT_A_TIME, "right"),
        (Lie.ANSWER_AND_CLOSE, "right"),
        (Lie.TWO_ANSWERS, "right"),  # httpx does not look
        (Lie.TOO_LONG_A_BODY, "right"),
    ],
)
def test_one_in_three_is_lied_to(client: httpx.Client, lie: Lie, expected: str) -> None:
    """Two of six requests, and the server owns up to them."""
    before = client.get(COMMITTED).json().get(lie, 0)
    seen = six_outcomes(partial(outcome, client, f"/{lie}/3"), expected)
    after = client.get(COMMITTED).json().get(lie, 0)
    assert after - before == 2
    assert seen == [expected, "right", "right"] * 2
