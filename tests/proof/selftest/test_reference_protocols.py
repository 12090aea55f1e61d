"""Reference servers over each protocol, as libraries see them that share no code with us."""

from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from bench.proof.reference import exact_server, lying_server, null_server
from bench.proof.reference.books import BOOKS
from bench.proof.reference.lie_counts import COMMITTED
from bench.proof.reference.null_answer import BODY
from bench.proof.reference.stream_lies import StreamLie
from bench.proof.reference.workloads.upload_workload import UPLOAD_BYTES
from tests.proof.selftest.reference_server import FORMS, over, running, six_outcomes

MS = 1_000_000
SERVERS = {"exact": exact_server, "lying": lying_server, "null": null_server}


@pytest.fixture(scope="module", params=SERVERS)
def any_client(request: pytest.FixtureRequest, epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """Each reference server."""
    with running(SERVERS[request.param]) as client:
        yield client


@pytest.fixture(scope="module")
def exact(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """An exact server of its own process."""
    with running(exact_server) as client:
        yield client


@pytest.fixture(scope="module")
def lying(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """A lying server of its own process."""
    with running(lying_server) as client:
        yield client


@pytest.mark.parametrize("protocol", FORMS)
def test_every_protocol_is_spoken_on_one_port(any_client: httpx.Client, protocol: str) -> None:
    """Several requests on a connection; its certificate is the run's."""
    with over(any_client, protocol) as client:
        found = [client.get("/anything") for _ in range(3)]
    assert [each.content for each in found] == [BODY] * 3
    version = "HTTP/2" if protocol in {"h2c", "h2"} else "HTTP/1.1"
    assert {each.http_version for each in found} == {version}


@pytest.mark.parametrize("protocol", FORMS)
def test_books_are_kept_over_every_protocol(exact: httpx.Client, protocol: str) -> None:
    """With the labels of requests, and in which turn they were taken."""
    exact.get(BOOKS)
    with over(exact, protocol) as client:
        for label in (7, 3):
            assert client.get(f"/delay/{20 * MS}/{label}").content == BODY
    books = exact.get(BOOKS).json()
    assert books["answered"] == 2
    assert books["label"] == [7, 3]
    assert books["turn"] == sorted(books["turn"])
    took = [left - came for came, left in zip(books["came"], books["left"], strict=True)]
    assert min(took) >= 20 * MS


def outcome(client: httpx.Client, path: str, patience_s: float) -> str:
    """What one request comes to, as httpx and hyper-h2 see it, on a connection of its own."""
    upload = StreamLie.WINDOW_NEVER_OPENED in path
    content = bytes(UPLOAD_BYTES) if upload else None
    try:
        with over(client, "h2c", patience_s) as own:
            response = own.request("OPTIONS" if upload else "GET", path, content=content)
    except httpx.NetworkError:
        return "lost"
    except (httpx.RemoteProtocolError, httpx.LocalProtocolError):
        return "refused"
    except httpx.TimeoutException:
        return "timeout"
    if response.status_code != httpx.codes.OK:
        return str(response.status_code)
    return "right" if response.content == BODY else "wrong"


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (StreamLie.WRONG_BODY, "wrong"),
        (StreamLie.WRONG_STATUS, "500"),
        (StreamLie.WRONG_CONTENT_LENGTH, "refused"),
        (StreamLie.RST_STREAM, "refused"),
        (StreamLie.RST_STREAM_IN_BODY, "refused"),
        (StreamLie.CONNECTION_RESET_IN_BODY, "lost"),
        (StreamLie.NO_ANSWER, "timeout"),
        (StreamLie.WINDOW_NEVER_OPENED, "timeout"),
        (StreamLie.BYTES_AFTER_THE_END, "right"),  # httpx does not look
        (StreamLie.PADDED_AND_IN_PIECES, "right"),
    ],
)
def test_one_in_three_is_lied_to_over_streams(
    lying: httpx.Client, lie: StreamLie, expected: str
) -> None:
    """Two of six requests, and the server owns up to them."""
    before = lying.get(COMMITTED).json().get(lie, 0)
    seen = six_outcomes(partial(outcome, lying, f"/{lie}/3"), expected)
    after = lying.get(COMMITTED).json().get(lie, 0)
    assert after - before == 2
    assert seen == [expected, "right", "right"] * 2
