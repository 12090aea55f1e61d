"""The upgrade: what is asked, and what is no right answer to it."""

from base64 import b64decode

import httpx
import pytest

from bench.load.websocket.handshake import Upgrade, Upgrading, accept
from tests.load.websocket.peer import granted

REQUEST = httpx.Request("GET", "http://a.test/chat?x=1", headers={"Authorization": "Bearer t"})


def test_the_example_of_the_rfc() -> None:
    """Its section 1.3."""
    assert accept(b"dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_what_is_asked() -> None:
    """The user's headers among it, a key of its own each time, and no compression."""
    one, other = (Upgrading(Upgrade(REQUEST, ("a", "b"))).wire for _ in range(2))
    first, *lines = one.decode().removesuffix("\r\n\r\n").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert first == "GET /chat?x=1 HTTP/1.1"
    assert {
        "host": "a.test", "authorization": "bearer t", "upgrade": "websocket",
        "connection": "upgrade", "sec-websocket-version": "13", "sec-websocket-protocol": "a, b",
    }.items() <= headers.items()  # fmt: skip
    assert "sec-websocket-extensions" not in headers
    key = next(line for line in lines if line.startswith("Sec-WebSocket-Key: "))[19:]
    assert len(b64decode(key)) == 16
    assert one != other


@pytest.mark.parametrize("name", ["Sec-WebSocket-Key", "Upgrade", "Sec-WebSocket-Extensions"])
def test_headers_that_are_not_the_users_to_set(name: str) -> None:
    """They are refused before anything is sent."""
    with pytest.raises(ValueError, match=f"the header {name.lower()} of a WebSocket is not yours"):
        Upgrade(httpx.Request("GET", "http://a.test/", headers={name: "x"}))


def test_what_follows_the_head_is_given_on() -> None:
    """A server may speak at once; an interim answer is passed over."""
    handshake = Upgrading(Upgrade(REQUEST))
    raw = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + granted(handshake.wire) + b"\x81\x01x"
    given = [handshake.feed(raw[at : at + 1]) for at in range(len(raw) - 3)]
    assert given[-1] == b""
    assert set(given[:-1]) == {None}
    again = Upgrading(Upgrade(REQUEST))
    assert again.feed(granted(again.wire) + b"xyz") == b"xyz"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"101 Switching Protocols", b"403 No"), "refuses the WebSocket with 403 Forbidden"),
        ((b"101 Switching Protocols", b"799 ?"), "refuses the WebSocket with 799"),
        ((b"101 Switching Protocols", b"200 OK"), "refuses the WebSocket with 200 OK"),
        ((b"Upgrade: WebSocket", b"Upgrade: h2c"), "without saying that it is to WebSocket"),
        ((b"keep-alive, Upgrade", b"keep-alive"), "no HTTP answer to the upgrade"),
        ((b"Sec-WebSocket-Accept: ", b"Sec-WebSocket-Accept: x"), "not that of the key"),
        ((b"Sec-WebSocket-Accept", b"X"), "not that of the key"),
        (
            (b"Upgrade: WebSocket", b"Upgrade: WebSocket\r\nSec-WebSocket-Extensions: deflate"),
            "with extensions that were not offered: deflate",
        ),
        (
            (b"Upgrade: WebSocket", b"Upgrade: WebSocket\r\nSec-WebSocket-Protocol: chat"),
            "with the subprotocol 'chat', offered: none",
        ),
        ((b"HTTP/1.1", b"SSH-2.0"), "no HTTP answer to the upgrade"),
    ],
)  # fmt: skip
def test_answers_that_are_not_right(change: tuple[bytes, bytes], said: str) -> None:
    """Each in one line."""
    handshake = Upgrading(Upgrade(REQUEST))
    with pytest.raises(OSError, match=said):
        handshake.feed(granted(handshake.wire).replace(*change))


def test_one_of_the_offered_subprotocols_has_to_be_chosen() -> None:
    """None is none of them."""
    upgrade = Upgrade(REQUEST, ("a", "b"))
    chosen = Upgrading(upgrade)
    assert chosen.feed(granted(chosen.wire, b"Sec-WebSocket-Protocol: b\r\n")) == b""
    silent = Upgrading(upgrade)
    with pytest.raises(OSError, match="with the subprotocol 'none', offered: a, b"):
        silent.feed(granted(silent.wire))


def test_an_answer_without_end_is_given_up() -> None:
    """As a head of HTTP is."""
    handshake = Upgrading(Upgrade(REQUEST))
    assert [handshake.feed(b"x: " + b"y" * 9_997) for _ in range(6)] == [None] * 6
    with pytest.raises(OSError, match="an answer to the upgrade of 70000 bytes, without an end"):
        handshake.feed(b"x: " + b"y" * 9_997)
