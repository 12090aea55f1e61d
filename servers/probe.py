"""One HTTP/1.1 GET on a connection of its own: the cheapest way to ask whether a server answers."""

import asyncio
import http.client
import io
import os
import socket
import ssl
from dataclasses import dataclass
from typing import Final, cast

from servers.command import Address
from servers.process_tree import now_ns
from servers.readiness_request import Question

CLOSED: Final = "the connection was closed without an answer"
NO_TLS: Final = "no TLS"
_READABLE = 4096  # Bytes of a body that are looked at for its first line.
_LONGEST_LINE = 200


@dataclass(frozen=True)
class ProbeAnswer:
    """What came back: `at_ns` is when its last byte arrived, `location` where it points to."""

    status: int
    body: bytes
    at_ns: int
    location: str | None = None

    def __str__(self) -> str:
        """Tell status and the first line of the body."""
        line = next(filter(None, map(str.strip, self._text.splitlines())), "")
        said = f"{line[:_LONGEST_LINE]!r}" if line else "no body"
        return f"{self.status} ({said}{f', Location: {self.location}' if self.location else ''})"

    @property
    def _text(self) -> str:
        return self.body[:_READABLE].decode(errors="replace")


class UntrustedError(Exception):
    """A server's certificate is not trusted, and why."""


async def get(
    address: Address, question: Question, limit_s: float | None = None
) -> ProbeAnswer | str:
    """Ask, and return the answer, or in a few words why there is none.

    `limit_s`: how long an answer is waited for; None: for as long as the task lives. Raises
    UntrustedError where the server's certificate is to be verified, and is not trusted.
    """
    transport: asyncio.Transport | None = None
    try:
        async with asyncio.timeout(limit_s):
            exchange = _Exchange(question.wire(address.authority))
            transport, _ = await _connected(address, exchange)
            await exchange.over
    except TimeoutError:
        return f"no answer within {limit_s:g} s"
    except ssl.SSLCertVerificationError as error:
        raise UntrustedError(error.verify_message) from error
    except ssl.SSLError as error:
        return f"{NO_TLS}: {error.reason or error}"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else "the connection failed"
    finally:
        if transport is not None:
            transport.abort()
    return exchange.answer()


async def _connected(
    address: Address, exchange: "_Exchange"
) -> "tuple[asyncio.Transport, _Exchange]":
    """Open a connection of the server's kind for one exchange."""
    loop, settings = asyncio.get_running_loop(), address.tls_settings
    if address.socket is not None:
        path = str(address.socket)
        return await loop.create_unix_connection(lambda: exchange, path, **settings)
    return await loop.create_connection(lambda: exchange, address.host, address.port, **settings)


class _Exchange(asyncio.Protocol):
    """Sends the request, collects until the server closes."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.received = bytearray()
        self.at_ns = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask, at once."""
        cast("asyncio.Transport", transport).write(self.request)

    def data_received(self, data: bytes) -> None:
        """Collect, and note when."""
        self.at_ns = now_ns()
        self.received += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection for the end of the answer."""
        del exc
        if not self.over.done():
            self.over.set_result(None)

    def answer(self) -> ProbeAnswer | str:
        """Read what was collected."""
        if not self.received:
            return CLOSED
        response = http.client.HTTPResponse(cast("socket.socket", _Replay(self.received)))
        try:
            response.begin()
            body = response.read()
            return ProbeAnswer(response.status, body, self.at_ns, response.getheader("Location"))
        except (http.client.HTTPException, OSError, ValueError) as error:
            return f"the answer is not HTTP: {error!r}"


class _Replay:
    """What http.client needs of a socket: the bytes that have come already."""

    def __init__(self, received: bytearray) -> None:
        self._received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        """Give the bytes to read."""
        return io.BytesIO(self._received)
