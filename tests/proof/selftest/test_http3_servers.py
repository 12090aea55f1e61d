"""Reference servers over HTTP/3, as the client sees them that asks whether a server is ready."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from bench.load.http3.session import Http3Session, QuicHandshake
from bench.proof.reference.http3 import exact_http3_server, lying_http3_server
from bench.proof.reference.http3.http3_frames import path_of, varint
from bench.proof.reference.http3.lie_names import Http3Lie
from bench.proof.reference.launching import reference_server
from bench.proof.reference.lie_counts import COMMITTED
from bench.proof.reference.null_answer import BODY
from bench.proof.selftest.testbed import ask
from bench.system import clock
from servers.asking.connecting import http3_connection
from servers.protocol import Protocol
from servers.server import Server

pytestmark = [pytest.mark.usefixtures("epoll"), pytest.mark.timed]

MS = 1_000_000
PATIENCE_S = 30.0
SILENT_S = 1.0  # after which a client gives up


@asynccontextmanager
async def running(module: ModuleType, folder: Path) -> AsyncIterator[Server]:
    """A reference server of its own process."""
    async with reference_server(module, None, folder, protocol=Protocol.H3) as server:
        yield server


async def asked(server: Server, path: str) -> str:
    """What one request comes to, on a connection of its own."""
    client = await http3_connection(server.address)
    try:
        async with asyncio.timeout(SILENT_S):
            reply = await client.ask(b"GET", path.encode(), [], b"")
            body = b"".join([part async for part in reply.body()])
    except TimeoutError:
        return "timeout"
    except OSError:
        return "broken off"
    finally:
        client.close()
    if reply.status != httpx.codes.OK:
        return str(reply.status)
    if dict(reply.headers)[b"content-length"] != b"%d" % len(body):
        return "wrong length"
    return "right" if body == BODY else "wrong"


async def test_the_books_tell_when_requests_came_and_when_answers_left(tmp_path: Path) -> None:
    """After the time that the URL names, and with its label."""
    async with running(exact_http3_server, tmp_path) as server:
        await ask(server, "/books")
        for label in (7, 3):
            assert await asked(server, f"/delay/{20 * MS}/{label}") == "right"
        books = await ask(server, "/books")
    assert books["answered"] == 2
    assert books["label"] == [7, 3]
    took = [left - came for came, left in zip(books["came"], books["left"], strict=True)]
    assert min(took) >= 20 * MS


async def test_who_comes_by_the_port_of_one_who_has_left_is_a_new_client(tmp_path: Path) -> None:
    """Though the other has said nothing, and its end is not known yet."""
    async with running(exact_http3_server, tmp_path) as server:
        certificate = server.address.certificate
        assert certificate is not None
        trusted = QuicHandshake(server.address.host, certificate.ca.read_bytes())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            first.connect((server.address.host, server.address.port))
            port = first.getsockname()[1]
            greet(first, trusted)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
            second.bind(("127.0.0.1", port))
            second.connect((server.address.host, server.address.port))
            greet(second, trusted)


def greet(client: socket.socket, trusted: QuicHandshake) -> None:
    """Shake hands over a socket; a hello that is not heard is a TimeoutError."""
    client.settimeout(PATIENCE_S)
    session = Http3Session(client.getpeername(), trusted, clock.monotonic_ns())
    while not session.ready:
        for data in session.datagrams(clock.monotonic_ns()):
            client.send(data)
        session.receive(client.recv(65536), clock.monotonic_ns())
        assert session.lost is None


LIES = {
    Http3Lie.WRONG_BODY: "wrong",
    Http3Lie.WRONG_STATUS: "500",
    Http3Lie.CONTENT_LENGTH_TOO_LARGE: "wrong length",
    Http3Lie.DATA_AFTER_CONTENT_LENGTH: "wrong length",
    Http3Lie.RESET_STREAM: "broken off",
    Http3Lie.RESET_STREAM_IN_BODY: "broken off",
    Http3Lie.GOAWAY_IN_MID_RUN: "broken off",
    Http3Lie.CLOSE_IN_BODY: "broken off",
    Http3Lie.NO_ANSWER: "timeout",
    Http3Lie.STREAM_LEFT_OPEN: "timeout",
    Http3Lie.DATA_BEFORE_HEADERS: "broken off",
    Http3Lie.TRAILERS_BEFORE_THE_END: "timeout",
    Http3Lie.HEADER_BOMB: "timeout",
    Http3Lie.CONTROL_FLOOD: "timeout",
    Http3Lie.INTERIM_AND_IN_PIECES: "right",
}


@pytest.mark.long
async def test_one_request_in_three_is_lied_to(tmp_path: Path) -> None:
    """Two of six in each way, and the server owns up to them."""
    async with running(lying_http3_server, tmp_path) as server:
        for lie, expected in LIES.items():
            seen = Counter([await asked(server, f"/{lie}/3") for _ in range(6)])
            assert seen == Counter({"right": 4}) + Counter({expected: 2}), lie
        assert await ask(server, COMMITTED) == dict.fromkeys(LIES, 2)
    assert set(LIES) == set(Http3Lie)


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (b"\x00\x01x", "begins with a frame of kind 0"),
        (b"\x01\x02\x00\x00", "without a path"),
        (b"\x01\x03\x00\x00\xd1", "without a path"),
    ],
)
def test_what_is_no_request_is_refused(request_: bytes, fault: str) -> None:
    """It begins with DATA, or names no path."""
    with pytest.raises(ValueError, match=fault):
        path_of(request_)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "00"), (63, "3f"), (64, "4040"), (16383, "7fff"), (16384, "80004000")],
)
def test_numbers_take_as_many_bytes_as_they_must(number: int, expected: str) -> None:
    """RFC 9000, section 16."""
    assert varint(number).hex() == expected


def test_larger_numbers_are_not_written() -> None:
    """Nothing here takes more than four bytes."""
    make: Callable[[int], bytes] = varint
    with pytest.raises(ValueError, match="four bytes"):
        make(2**30)
