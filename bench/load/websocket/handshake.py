"""The upgrade of an HTTP/1.1 connection to WebSocket: what is asked, and whether it was granted."""

import base64
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httptools
import httpx

from bench.load.http1.wire import END_OF_HEAD, HTTP_ERRORS
from bench.load.net.limits import MAX_HEAD, MAX_INTERIM
from bench.load.websocket.reader import Received

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_KEY_BYTES: Final = 16
_VERSION: Final = "13"
_RESERVED: Final = frozenset(
    {
        "connection", "upgrade", "content-length", "transfer-encoding", "sec-websocket-key",
        "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions",
    }
)  # fmt: skip


def _nothing(messages: Sequence[Received]) -> str | None:
    del messages
    return None


@dataclass(frozen=True)
class Upgrade:
    """What a connection asks for when it is opened.

    request: a GET with the user's own headers. protocols: subprotocols that are offered; one of
    them has to be chosen. greeting: how many messages the server sends first, before it is asked
    anything; `greeted` says what is wrong with them, or None. Compression is not offered.
    """

    request: httpx.Request
    protocols: tuple[str, ...] = ()
    greeting: int = 0
    greeted: Callable[[Sequence[Received]], str | None] = field(default=_nothing)

    def __post_init__(self) -> None:
        """Raise ValueError for headers that are not the user's to set."""
        for name in self.request.headers:
            if name in _RESERVED:
                raise ValueError(f"the header {name} of a WebSocket is not yours to set")

    def wire(self, key: bytes) -> bytes:
        """Return the request as it is sent."""
        lines = [
            b"GET %b HTTP/1.1" % self.request.url.raw_path,
            *(b"%b: %b" % pair for pair in self.request.headers.raw),
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Key: %b" % key,
            b"Sec-WebSocket-Version: %b" % _VERSION.encode(),
        ]
        if self.protocols:
            lines.append(b"Sec-WebSocket-Protocol: %b" % ", ".join(self.protocols).encode())
        return b"\r\n".join(lines) + END_OF_HEAD


class Upgrading:
    """One upgrade, going on. `wire`: what is sent."""

    __slots__ = ("_key", "_received", "_size", "_upgrade", "wire")

    def __init__(self, upgrade: Upgrade) -> None:
        """Ask with a key of its own."""
        self._upgrade = upgrade
        self._key = base64.b64encode(os.urandom(_KEY_BYTES))
        self._received = b""
        self._size = 0
        self.wire = upgrade.wire(self._key)

    def feed(self, data: bytes) -> bytes | None:
        """Take what was received; what follows the head, once that is whole, else None.

        Raises OSError where the server does not upgrade, or not as it was asked.
        """
        self._size += len(data)
        self._received += data
        while END_OF_HEAD in self._received:
            end = self._received.index(END_OF_HEAD) + len(END_OF_HEAD)
            head, self._received = _Head(self._received[:end]), self._received[end:]
            if head.status == HTTPStatus.SWITCHING_PROTOCOLS or not head.interim:
                self._check(head)
                return self._received
        if len(self._received) > MAX_HEAD or self._size > MAX_INTERIM:
            raise OSError(
                f"an answer to the upgrade of {len(self._received)} bytes, without an end"
            )
        return None

    def _check(self, head: "_Head") -> None:
        """Raise OSError unless it is what RFC 6455, section 4.1, demands."""
        if head.status != HTTPStatus.SWITCHING_PROTOCOLS:
            raise OSError(f"the server refuses the WebSocket with {head.named}")
        chosen = head.value("sec-websocket-protocol")
        if "websocket" not in head.tokens("upgrade") or "upgrade" not in head.tokens("connection"):
            fault = "without saying that it is to WebSocket"
        elif head.value("sec-websocket-accept") != accept(self._key):
            fault = "with a Sec-WebSocket-Accept that is not that of the key"
        elif head.value("sec-websocket-extensions"):
            fault = f"with extensions that were not offered: {head.extensions:.80}"
        elif (chosen or None) not in (self._upgrade.protocols or (None,)):
            offered = ", ".join(self._upgrade.protocols) or "none"
            fault = f"with the subprotocol {chosen or 'none'!r:.80}, offered: {offered:.200}"
        else:
            return
        raise OSError(f"the server upgrades {fault}")


def accept(key: bytes) -> str:
    """Return what a server has to answer to a key."""
    digest = hashlib.sha1(key + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


class _Head:
    """The head of an answer. Raises OSError where it is none."""

    def __init__(self, raw: bytes) -> None:
        self._headers: list[tuple[str, str]] = []
        parser = httptools.HttpResponseParser(self)
        try:
            parser.feed_data(raw)
        except httptools.HttpParserUpgrade:
            pass
        except HTTP_ERRORS as error:
            raise OSError(f"no HTTP answer to the upgrade: {raw[:80]!r}") from error
        self.status: int = parser.get_status_code()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header, as httptools wants it."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1").strip()))

    @property
    def interim(self) -> bool:
        """Whether another head follows."""
        return self.status < HTTPStatus.OK

    @property
    def named(self) -> str:
        """The status, with its name where it has one."""
        known = {each.value: each.phrase for each in HTTPStatus}
        return f"{self.status} {known.get(self.status, '')}".strip()

    @property
    def extensions(self) -> str:
        """Those that were chosen."""
        return self.value("sec-websocket-extensions")

    def value(self, name: str) -> str:
        """All values of a header, as one."""
        return ", ".join(value for key, value in self._headers if key == name)

    def tokens(self, name: str) -> list[str]:
        """The values of a header, in lower case."""
        return [token.strip().lower() for token in self.value(name).split(",")]
