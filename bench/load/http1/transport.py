"""httpx over the generator's own connections: `httpx.AsyncClient(transport=WireTransport())`.

The same bytes and the same parser as in the measured window, behind the interface that users
know; asyncio does the waiting.
"""

import asyncio
import socket
from collections import defaultdict, deque
from contextlib import suppress

import httpx

from bench.load.http1.channel import Channel
from bench.load.http1.opening import opened
from bench.load.http1.wire import request_bytes
from bench.load.net.address import distinct, host_and_port
from bench.load.net.answer import AnswerDecoder
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError

_Origin = tuple[str, int]  # host, by name or address, and port


class WireTransport(httpx.AsyncBaseTransport):
    """Plain HTTP/1.1 over keep-alive connections, one request at a time on each.

    httpx's timeouts `connect` and `read` apply, the latter to the whole response. Raises
    httpx.UnsupportedProtocol for anything but http, and httpx's own errors for the rest.
    Connections are not kept from one event loop to the next.
    """

    def __init__(self) -> None:
        """No connection is opened before the first request."""
        self._idle: defaultdict[_Origin, deque[Channel]] = defaultdict(deque)
        self._answers = AnswerDecoder()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the whole of its response."""
        url = request.url
        if url.scheme != "http":
            raise httpx.UnsupportedProtocol(f"{url.scheme} is not supported, only http")
        await request.aread()
        origin = host_and_port(url)
        channel = self._idle_channel(origin) or await _opened(origin, request)
        try:
            body = await channel.exchange(
                request_bytes(request),
                _timeout_s(request, "read"),
                bodiless=request.method == "HEAD",
            )
        except BaseException as error:
            channel.close()
            translated = _translated(error, request)
            if translated is None:
                raise
            raise translated from error
        if channel.reusable and not self._closed:
            self._idle[origin].append(channel)
        else:
            channel.close()
        head = channel.head
        return self._answers.whole(head.status, head.headers, body, request)

    async def aclose(self) -> None:
        """Close the idle connections now, and the busy ones when their responses have come."""
        self._closed = True
        for channels in self._idle.values():
            while channels:
                channels.pop().close()

    def _idle_channel(self, origin: _Origin) -> Channel | None:
        """A connection that is open and quiet; those that the server has closed are dropped."""
        waiting, loop = self._idle[origin], asyncio.get_running_loop()
        while waiting:
            channel = waiting.popleft()
            if channel.is_quiet(loop):
                return channel
            channel.close()
        return None


def _timeout_s(request: httpx.Request, what: str) -> float | None:
    timeout_s: float | None = request.extensions.get("timeout", {}).get(what)
    return timeout_s


def _translated(error: BaseException, request: httpx.Request) -> httpx.HTTPError | None:
    """What httpx calls the failure of an exchange; None: it is none of its business."""
    match error:
        case TimeoutError():
            return httpx.ReadTimeout("no complete response in time", request=request)
        case ConnectionLostError():
            return httpx.ReadError(str(error), request=request)
        case MalformedResponseError():
            return httpx.RemoteProtocolError(str(error), request=request)
        case _:
            return None


async def _opened(origin: _Origin, request: httpx.Request) -> Channel:
    """A new connection, to the first of the host's addresses that accepts one."""
    try:
        async with asyncio.timeout(_timeout_s(request, "connect")):
            return await _connected(origin)
    except TimeoutError as error:
        raise httpx.ConnectTimeout("not accepted in time", request=request) from error
    except OSError as error:
        raise httpx.ConnectError(str(error), request=request) from error


async def _connected(origin: _Origin) -> Channel:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(*origin, type=socket.SOCK_STREAM)
    *others, last = distinct(where for *_, where in found)
    for address in others:
        with suppress(OSError):
            return await opened(address)
    return await opened(last)
