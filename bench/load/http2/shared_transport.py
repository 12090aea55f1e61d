"""httpx over connections that several requests share: what is the same for HTTP/2 and HTTP/3."""

import asyncio
import socket
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar, Final, Generic, TypeVar

import httpx

from bench.load.http2.events import Answered
from bench.load.http2.shared_channel import SharedChannel, UnprocessedError
from bench.load.net.address import Address, distinct
from bench.load.net.answer import AnswerDecoder
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError

_TRIES: Final = 3  # of a request that a server which goes away has not processed

Origin = tuple[str, str, int]
"""Scheme, host by name or address, and port."""
H = TypeVar("H")


class SharedTransport(httpx.AsyncBaseTransport, ABC, Generic[H]):
    """Requests to one origin share one connection, and asyncio does the waiting.

    httpx's timeouts `connect` and `read` apply, the latter to the whole response. Raises
    httpx.UnsupportedProtocol for a scheme that is not among `ports`, and httpx's own errors for the
    rest. Connections are not kept from one event loop to the next.
    """

    ports: ClassVar[dict[str, int]]
    """By scheme: where servers listen unless a URL says otherwise."""
    version: ClassVar[bytes]

    def __init__(self) -> None:
        """Open no connection before the first request."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channels: dict[Origin, SharedChannel[H]] = {}
        self._opening: dict[Origin, asyncio.Lock] = {}
        self._answers = AnswerDecoder()

    @abstractmethod
    def _fields(self, request: httpx.Request, length: int | None) -> H:
        """What a request begins with; `length`: of its body, None where it has none."""

    @abstractmethod
    async def _channel_to(self, address: Address, origin: Origin) -> SharedChannel[H]:
        """Open a connection to one of an origin's addresses. Raises OSError."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the whole of its response."""
        scheme = request.url.scheme
        if scheme not in self.ports:
            spoken = " and ".join(self.ports)
            raise httpx.UnsupportedProtocol(f"{scheme} is not spoken here, only {spoken}")
        body = await request.aread()
        fields = self._fields(request, len(body) or None)
        try:
            async with asyncio.timeout(_timeout_s(request, "read")):
                found = await self._answered(request, fields, body)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no whole response in time", request=request) from error
        except ConnectionLostError as error:
            raise httpx.ReadError(str(error), request=request) from error
        except MalformedResponseError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        of_answer = found.fields
        response = self._answers.whole(of_answer.status, of_answer.headers, found.body, request)
        response.extensions["http_version"] = self.version
        return response

    async def aclose(self) -> None:
        """Close all connections; what is going on over them fails."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()

    async def _answered(self, request: httpx.Request, fields: H, body: bytes) -> Answered:
        """Send a request, again where the server has not processed it."""
        head = request.method == "HEAD"
        for _ in range(_TRIES - 1):
            with suppress(UnprocessedError):
                return await (await self._channel(request)).exchange(fields, body, head=head)
        return await (await self._channel(request)).exchange(fields, body, head=head)

    async def _channel(self, request: httpx.Request) -> SharedChannel[H]:
        """The connection to a request's origin, opened by the first who needs it."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            await self.aclose()
            self._loop, self._opening = loop, {}
        url = request.url
        origin = url.scheme, url.host, url.port or self.ports[url.scheme]
        async with self._opening.setdefault(origin, asyncio.Lock()):
            channel = self._channels.get(origin)
            if channel is None or not channel.usable:
                channel = self._channels[origin] = await self._opened(origin, request)
            return channel

    async def _opened(self, origin: Origin, request: httpx.Request) -> SharedChannel[H]:
        """A new connection, to the first of the host's addresses that accepts one."""
        try:
            async with asyncio.timeout(_timeout_s(request, "connect")):
                return await self._connected(origin)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("not accepted in time", request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error

    async def _connected(self, origin: Origin) -> SharedChannel[H]:
        _, host, port = origin
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        *others, last = distinct(where for *_, where in found)
        for address in others:
            with suppress(OSError):
                return await self._channel_to(address, origin)
        return await self._channel_to(last, origin)


def _timeout_s(request: httpx.Request, what: str) -> float | None:
    timeout_s: float | None = request.extensions.get("timeout", {}).get(what)
    return timeout_s
