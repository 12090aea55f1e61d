"""Any httpx transport, kept from filling the memory with what a server sends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx

from bench.load.net.answer import AnswerDecoder
from bench.load.net.limits import MAX_BODY, MalformedResponseError
from bench.load.net.memory import Share

_ENCODED: Final = "content-encoding"
_PIECES_AT_ONCE: Final = 64
"""Pieces of one body that are read before others have their turn, the deadline among them."""


class Bounded(httpx.AsyncBaseTransport):
    """Refuses what is too long, or would be once it was decoded.

    Raises httpx.RemoteProtocolError or httpx.DecodingError then.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        """Pass requests on to `transport`, which belongs to this one from now on."""
        self._transport = transport
        self._answers = AnswerDecoder()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on a request; its answer's content is counted as it is read."""
        response = await self._transport.handle_async_request(request)
        if response.is_closed or not isinstance(response.stream, httpx.AsyncByteStream):
            return response  # it is here already, decoded
        response.stream = _Counted(response.stream)
        return await self._decoded(response, request) if _ENCODED in response.headers else response

    async def _decoded(self, response: httpx.Response, request: httpx.Request) -> httpx.Response:
        """Read the whole, and decode it within bounds, which httpx does not."""
        try:
            body = b"".join([piece async for piece in response.aiter_raw()])
        finally:
            await response.aclose()
        return self._answers.whole(response.status_code, response.headers.raw, body, request)

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class _Counted(httpx.AsyncByteStream):
    """A body that is given up when it becomes too large."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._share = Share()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        number = 0
        async for piece in self._stream:
            number += 1
            if not number % _PIECES_AT_ONCE:
                await asyncio.sleep(0)
            try:
                self._share.take(len(piece))
            except MalformedResponseError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if self._share.taken > MAX_BODY:
                raise httpx.RemoteProtocolError(f"a body of more than {MAX_BODY} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
