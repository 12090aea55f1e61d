"""One GET on a connection of its own: the cheapest way to ask whether a server answers."""

import asyncio
import http.client
import io
import os
import socket
import ssl
from typing import Final, cast

from servers.asking.connecting import (
    WrongProtocolError,
    connected,
    http2_connection,
    http3_connection,
    secured,
)
from servers.asking.gateway import Upstream
from servers.asking.http2_client import BrokenOffError
from servers.asking.probe_answer import CLOSED, ProbeAnswer, Secured, UnverifiedError
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.processes.process_tree import now_ns
from servers.protocol import Protocol

NO_TLS: Final = "no TLS"


class UntrustedError(Exception):
    """A server's certificate is not trusted, and why."""


async def get(
    address: Address, question: Question, limit_s: float | None = None
) -> ProbeAnswer | str:
    """Ask, and return the answer, or in a few words why there is none.

    `limit_s`: how long an answer is waited for; None: for as long as the task lives. Raises
    UntrustedError where the server's certificate is to be verified, and is not trusted.
    """
    ask = _ask_http2 if address.protocol.has_streams else _ask_http1
    if address.protocol is Protocol.H3:
        ask = _ask_http3
    try:
        async with asyncio.timeout(limit_s):
            return await ask(address, question)
    except TimeoutError:
        return f"no answer within {limit_s:g} s"
    except ssl.SSLCertVerificationError as error:
        raise UntrustedError(error.verify_message) from error
    except UnverifiedError as error:
        raise UntrustedError(str(error)) from error
    except ssl.SSLError as error:
        return f"{NO_TLS}: {error.reason or error}"
    except (BrokenOffError, WrongProtocolError) as error:
        return str(error)
    except OSError as error:
        return os.strerror(error.errno) if error.errno else "the connection failed"


async def _ask_http1(address: Address, question: Question) -> ProbeAnswer | str:
    wire = question.wire(address.authority)
    transport, exchange = await connected(address, lambda: _Exchange(wire))
    try:
        await exchange.over
    finally:
        transport.abort()
    return exchange.answer(secured(transport))


async def _ask_http2(address: Address, question: Question) -> ProbeAnswer | str:
    client, transport = await http2_connection(address)
    try:
        return await _answered(client, address, question, secured(transport))
    finally:
        transport.abort()


async def _ask_http3(address: Address, question: Question) -> ProbeAnswer | str:
    client = await http3_connection(address)
    try:
        return await _answered(client, address, question, client.secured)
    finally:
        client.close()


async def _answered(
    client: Upstream, address: Address, question: Question, agreed: Secured | None
) -> ProbeAnswer:
    """Ask over a connection that is open. Raises BrokenOffError."""
    headers = question.sent(address.authority)
    reply = await client.ask(b"GET", question.path.encode(), headers, question.body)
    body = b"".join([chunk async for chunk in reply.body()])
    where = next((value for name, value in reply.headers if name == b"location"), None)
    location = None if where is None else where.decode("latin-1")
    return ProbeAnswer(reply.status, body, reply.at_ns, location, agreed)


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

    def answer(self, agreed: Secured | None) -> ProbeAnswer | str:
        """Read what was collected."""
        if not self.received:
            return CLOSED
        response = http.client.HTTPResponse(cast("socket.socket", _Replay(self.received)))
        try:
            response.begin()
            body = response.read()
            location = response.getheader("Location")
            return ProbeAnswer(response.status, body, self.at_ns, location, agreed)
        except (http.client.HTTPException, OSError, ValueError) as error:
            return f"the answer is not HTTP: {error!r}"


class _Replay:
    """What http.client needs of a socket: the bytes that have come already."""

    def __init__(self, received: bytearray) -> None:
        self._received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        """Give the bytes to read."""
        return io.BytesIO(self._received)
