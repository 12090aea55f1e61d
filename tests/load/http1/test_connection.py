"""One connection, against the other end of its socket."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bench.load.http1.connection import Connection
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError, State
from tests.load.sending import BODY, RIGHT
from tests.load.server import Peer, refusing_address

Ends = tuple[Connection, Peer]


@pytest.fixture(params=["127.0.0.1", "::1"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """An open connection, and the server's end of it."""
    host = request.param
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with listener:
        connection = Connection((host, listener.getsockname()[1]))
        accepted, _ = listener.accept()
    with accepted, closing(connection):
        wait(connection, select.POLLOUT)
        connection.connected()
        yield connection, Peer(accepted)


def wait(connection: Connection, event: int = select.POLLIN) -> None:
    """Wait until there is something to do on a connection."""
    poll = select.poll()
    poll.register(connection.fd, event)
    assert poll.poll(5000)


def received(connection: Connection) -> bytes:
    """The next whole response."""
    while True:
        wait(connection)
        if (body := connection.receive()) is not None:
            return body


def test_a_request_is_answered(ends: Ends) -> None:
    """Out goes what was given, in comes the body."""
    connection, peer = ends
    connection.send(b"GET / HTTP/1.1\r\n\r\n")
    assert peer.request() == b"GET / HTTP/1.1\r\n\r\n"
    peer.send(RIGHT)
    assert received(connection) == BODY
    assert connection.reader.head.status == 200


def test_nothing_to_read_is_no_answer(ends: Ends) -> None:
    """A connection never blocks."""
    assert ends[0].receive() is None


def test_it_does_not_delay_small_writes(ends: Ends) -> None:
    """Nagle's algorithm is off."""
    assert ends[0]._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_the_socket_does_not_take_is_flushed(ends: Ends) -> None:
    """A large request goes out as the server reads it, and `wants_write` says when it has."""
    connection, peer = ends
    content = bytes(range(256)) * 65_536
    request = b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(content) + content
    connection.send(request)
    states = [connection.wants_write]
    arrived = b""
    while len(arrived) < len(request):
        arrived += peer._socket.recv(1 << 22)
        if connection.wants_write:
            connection.flush()
            states.append(connection.wants_write)
    assert arrived == request
    assert states == [True] * (len(states) - 1) + [False]


def test_a_closed_connection_is_lost(ends: Ends) -> None:
    """The end of the stream is no answer."""
    connection, peer = ends
    peer.send(RIGHT[:-1])
    peer.close()
    with pytest.raises(ConnectionLostError, match="closed"):
        received(connection)


def test_a_reset_connection_is_lost(ends: Ends) -> None:
    """For the reader, and then for the writer."""
    connection, peer = ends
    peer.send(RIGHT[:-1])
    peer.reset()
    with pytest.raises(ConnectionLostError):
        received(connection)
    with pytest.raises(ConnectionLostError):
        connection.send(b"GET / HTTP/1.1\r\n\r\n")


def test_the_end_of_the_stream_may_be_the_end_of_the_body(ends: Ends) -> None:
    """Of a response without any length."""
    connection, peer = ends
    peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
    peer.close()
    assert received(connection) == b"hello"


def test_garbage_is_malformed(ends: Ends) -> None:
    """Told apart from a connection that was lost."""
    connection, peer = ends
    peer.send(b"garbage\r\n\r\n")
    with pytest.raises(MalformedResponseError):
        received(connection)


def test_quiet_is_open_with_nothing_to_read(ends: Ends) -> None:
    """Before the server has said anything."""
    assert ends[0].is_quiet()


@pytest.mark.parametrize("disturb", [lambda p: p.send(b"?"), Peer.close, Peer.reset])
def test_a_disturbed_connection_is_not_quiet(ends: Ends, disturb: Callable[[Peer], None]) -> None:
    """Stray bytes, an end, a reset: none of them may meet the next request."""
    connection, peer = ends
    disturb(peer)
    wait(connection)
    assert not connection.is_quiet()


def test_connecting_is_not_quiet() -> None:
    """A connection that is not open yet cannot be sent on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = Connection(("127.0.0.1", listener.getsockname()[1]))
        with closing(connection):
            assert connection.state is State.CONNECTING
            assert connection.wants_write
            assert not connection.is_quiet()


def test_refused_is_an_oserror() -> None:
    """At once or when it is asked for; and nothing is left open."""
    connection = None
    with pytest.raises(ConnectionRefusedError):  # noqa: PT012 - the kernel chooses which
        connection = Connection(refusing_address())
        wait(connection, select.POLLOUT)
        connection.connected()
    if connection is not None:
        connection.close()
        connection.close()
        assert connection.state is State.CLOSED


def test_a_name_that_cannot_be_resolved_leaves_nothing_open() -> None:
    """The socket is closed; ResourceWarning would fail this test."""
    with pytest.raises(OSError, match=r"."):
        Connection(("no such host.invalid", 80))
