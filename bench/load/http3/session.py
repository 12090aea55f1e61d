"""One connection's HTTP/3, without a socket: datagrams in, facts out, and the datagrams to send.

QUIC, TLS and HTTP/3 are the library's; here are the requests in flight, told apart by tokens, the
limits of what is kept of what a server sends, and what becomes of requests when it misbehaves.
"""

import logging
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from qh3.h3 import events as h3
from qh3.h3.connection import ErrorCode, H3Connection
from qh3.quic import events as quic
from qh3.quic.configuration import QuicConfiguration
from qh3.quic.connection import QuicConnection, QuicConnectionError

from bench.load.http2.answer import PartialAnswer
from bench.load.http2.events import Answered, Event, Reset, Spoilt, Unprocessed
from bench.load.http2.fields import Fields, Pairs, refuse_malformed, response_fields
from bench.load.net.address import Address
from bench.load.net.limits import MAX_HEAD, MalformedResponseError
from bench.stats.units import NS_PER_S

ALPN: Final = "h3"
MAX_CONTROL: Final = 4 * MAX_HEAD  # bytes beside answers, between two of them
_NO_FAULT: Final = frozenset({0, int(ErrorCode.H3_NO_ERROR)})
_STREAMS_APART: Final = 4  # numbers from one stream that a client opens to the next
_UNI: Final = 2  # the bit of a stream's number which says that it goes one way only

logging.getLogger("quic").addHandler(logging.NullHandler())  # connections that end are no news


@dataclass(frozen=True, slots=True)
class QuicHandshake:
    """What a connection needs to begin: the name that the certificate is for, and who vouches.

    `authorities`: in PEM; None: the certificate is not looked at.
    """

    name: str
    authorities: bytes | None


class _Quic(QuicConnection):
    """The library's connection, which says why this side closed it: it does so at faults."""

    fault: str | None = None

    def close(
        self, error_code: int = 0, frame_type: int | None = None, reason_phrase: str = ""
    ) -> None:
        if self.fault is None and error_code not in _NO_FAULT:
            self.fault = f"{_name(error_code)}{f': {reason_phrase}' if reason_phrase else ''}"
        super().close(error_code, frame_type, reason_phrase)


@dataclass(frozen=True, slots=True)
class _Request:
    """One that waits for the server to allow another stream."""

    token: int
    fields: list[tuple[bytes, bytes]]
    body: bytes
    head: bool


class Http3Session:
    """The state of one connection.

    `ready`: whether requests may be sent. `error`: why the peer is done with, once it is.
    `leaving`: what it said when it announced to go away. `lost`: why there is no connection any
    more. Times are ns of one clock, which only goes on.
    """

    __slots__ = (
        "_address", "_answers", "_control", "_events", "_http", "_quic", "_unread", "_uploads",
        "_waiting", "error", "leaving", "lost", "ready",
    )  # fmt: skip

    def __init__(self, address: Address, handshake: QuicHandshake, now_ns: int) -> None:
        """Begin; the first datagrams are there to be sent."""
        self.ready = False
        self.error: MalformedResponseError | None = None
        self.leaving: str | None = None
        self.lost: str | None = None
        self._address = address
        self._quic = _Quic(configuration=_configuration(handshake))
        self._http: H3Connection | None = None
        self._answers: dict[int, PartialAnswer] = {}  # by stream
        self._unread: dict[int, int] = {}  # bytes by stream, of frames that have not come in full
        self._uploads: set[int] = set()  # streams of requests that have a body
        self._waiting: deque[_Request] = deque()
        self._control = 0  # bytes since the last answer that were of none
        self._events: list[Event] = []
        self._quic.connect(address, now_ns / NS_PER_S)

    @property
    def in_flight(self) -> int:
        """How many requests are."""
        return len(self._answers) + len(self._waiting)

    @property
    def retired(self) -> bool:
        """Whether no new request may be sent."""
        return self.leaving is not None or self.error is not None or self.lost is not None

    @property
    def most_streams(self) -> int:
        """How many streams the server has allowed up to now, those that have ended among them."""
        return self._quic.max_concurrent_bidi_streams

    @property
    def timer_ns(self) -> int | None:
        """When `expire` is to be called; None: never."""
        timer_s = self._quic.get_timer()
        return None if timer_s is None else int(timer_s * NS_PER_S) + 1

    def tokens(self) -> list[int]:
        """Those of the requests in flight."""
        waiting = (request.token for request in self._waiting)
        return [*(answer.token for answer in self._answers.values()), *waiting]

    def request(
        self, token: int, fields: list[tuple[bytes, bytes]], body: bytes, *, head: bool = False
    ) -> None:
        """Send a request, as soon as the server allows a stream for it. `head`: it is a HEAD."""
        self._waiting.append(_Request(token, fields, body, head))
        self._send_waiting()

    def cancel(self, token: int) -> None:
        """Give a request up."""
        self._waiting = deque(each for each in self._waiting if each.token != token)
        for stream, answer in list(self._answers.items()):
            if answer.token == token:
                self._drop(stream)

    def receive(self, datagram: bytes, now_ns: int) -> list[Event]:
        """Take a datagram, and say what became of requests; see `error` and `lost`."""
        return self._did(
            lambda: self._quic.receive_datagram(datagram, self._address, now_ns / NS_PER_S)
        )

    def expire(self, now_ns: int) -> list[Event]:
        """Do what is due by now, and say what became of requests."""
        return self._did(lambda: self._quic.handle_timer(now_ns / NS_PER_S))

    def datagrams(self, now_ns: int) -> list[bytes]:
        """What is to be sent now."""
        try:
            return [data for data, _ in self._quic.datagrams_to_send(now_ns / NS_PER_S)]
        except QuicConnectionError as error:
            self.lost = self.lost or str(error)
            return []

    def close(self) -> None:
        """Tell the peer that it is over; the datagram that says so is there to be sent."""
        if self.lost is None:
            self._quic.close(ErrorCode.H3_NO_ERROR)

    def _did(self, act: Callable[[], None]) -> list[Event]:
        """Have the library do something, and take what came of it."""
        events = self._events = []
        if self.lost is not None or self.error is not None:
            return events
        try:
            act()
            while (found := self._quic.next_event()) is not None:
                self._take(found)
            self._send_waiting()
        except MalformedResponseError as error:
            self.error = error
        except QuicConnectionError as error:
            self.lost = str(error)
        except Exception as error:  # noqa: BLE001 - a library may trip over what is wrong
            self.error = MalformedResponseError(f"{type(error).__name__}: {error}")
        if self.error is None and self._quic.fault is not None and self.ready:
            self.error = MalformedResponseError(self._quic.fault)
        self._notice_end()
        return events

    def _notice_end(self) -> None:
        """Find out whether the peer has closed the connection: it tells only when that is over.

        A write of nothing fails then, and does nothing else.
        """
        if self._http is None or self.lost is not None:
            return
        try:
            self._quic.send_stream_data(_UNI, b"")
        except QuicConnectionError:
            self.lost = "the server closed the connection"
            self._quic.handle_timer(now=1e18)

    def _take(self, found: quic.QuicEvent) -> None:
        match found:
            case quic.StreamDataReceived():
                if found.stream_id & _UNI:
                    self._count_control(len(found.data))
            case quic.HandshakeCompleted():
                self._begin(found)
            case quic.ConnectionTerminated():
                self._end(found)
        if self._http is not None:
            events = self._http.handle_event(found)
            if not events and isinstance(found, quic.StreamDataReceived):
                self._count_unread(found.stream_id, len(found.data))
            for event in events:
                self._take_http(event)
            if not self.ready and self._http.received_settings is not None:
                self.ready = True

    def _begin(self, found: quic.HandshakeCompleted) -> None:
        if found.alpn_protocol != ALPN:
            self.lost = f"no HTTP/3 there: the server selects {found.alpn_protocol or 'nothing'}"
            return
        self._http = H3Connection(self._quic)

    def _end(self, found: quic.ConnectionTerminated) -> None:
        words = f": {found.reason_phrase}" if found.reason_phrase else ""
        if self._http is None:
            self.lost = f"the QUIC handshake failed{words or ', ' + _name(found.error_code)}"
        elif self.error is None:
            code = "" if found.error_code in _NO_FAULT else f", {_name(found.error_code)}"
            self.lost = f"the server closed the connection{code}{words}"

    def _count_control(self, size: int) -> None:
        """Count bytes that bring nothing. Raises MalformedResponseError when it is a flood."""
        self._control += size
        if self._control > MAX_CONTROL:
            raise MalformedResponseError(f"a flood: {MAX_CONTROL} bytes beside answers")

    def _count_unread(self, stream: int, size: int) -> None:
        """Count bytes of an answer that the library keeps: all of a frame, but of one with data.

        It would keep 4 MiB. Raises MalformedResponseError.
        """
        if stream not in self._answers:
            return
        self._unread[stream] = self._unread.get(stream, 0) + size
        if self._unread[stream] > MAX_HEAD:
            raise MalformedResponseError(f"a frame without end: more than {MAX_HEAD} bytes")

    def _send_waiting(self) -> None:
        """Send what the server allows; QuicConnectionError is for whoever reads next."""
        quic_, http, waiting = self._quic, self._http, self._waiting
        while waiting and http is not None and not self.retired:
            stream = quic_.get_next_available_stream_id()
            if stream // _STREAMS_APART >= quic_.max_concurrent_bidi_streams:
                return
            request = waiting.popleft()
            self._answers[stream] = PartialAnswer(request.token, bodiless=request.head)
            try:
                http.send_headers(stream, request.fields, end_stream=not request.body)
                if request.body:
                    self._uploads.add(stream)
                    http.send_data(stream, request.body, end_stream=True)
            except QuicConnectionError as error:
                self.lost = self.lost or str(error)

    # --- answers

    def _take_http(self, event: h3.H3Event) -> None:
        match event:
            case h3.HeadersReceived() | h3.InformationalHeadersReceived():
                self._on_headers(event)
            case h3.DataReceived():
                self._on_data(event)
            case h3.StreamReset():
                self._on_reset(event)
            case h3.GoawayReceived():
                self._on_goaway(event)
            case _:
                pass  # pushes and datagrams, which nobody has asked for

    def _on_headers(self, event: h3.HeadersReceived | h3.InformationalHeadersReceived) -> None:
        answer = self._answers.get(event.stream_id)
        self._unread.pop(event.stream_id, None)
        if answer is None:
            return
        ends = isinstance(event, h3.HeadersReceived) and event.stream_ended
        headers = tuple(event.headers)
        try:
            if answer.fields is None:
                fields = _fields(headers)
                size = _size(headers) if fields.interim else 0
                answer.take_fields(fields, size, ends=ends)
            else:
                refuse_malformed(headers)
                answer.refuse_unended(ends=ends)
        except MalformedResponseError as error:
            self._spoil(event.stream_id, answer, error)
            return
        if ends:
            self._complete(event.stream_id, answer)

    def _on_data(self, event: h3.DataReceived) -> None:
        answer = self._answers.get(event.stream_id)
        if answer is None:
            return
        if event.data:
            try:
                answer.take_data(event.data, len(event.data))
            except MalformedResponseError as error:
                self._spoil(event.stream_id, answer, error)
                return
        if event.stream_ended:
            self._complete(event.stream_id, answer)

    def _complete(self, stream: int, answer: PartialAnswer) -> None:
        """Look at an answer of which all has come: is it right in itself."""
        self._control = 0
        if stream in self._uploads and self._quic.get_send_buffer_size(stream):
            early = MalformedResponseError("an answer before the request was read")
            self._quic.reset_stream(stream, ErrorCode.H3_REQUEST_CANCELLED)
            self._forget(stream)
            self._events.append(Spoilt(answer.token, early))
            return
        self._forget(stream)
        try:
            body = answer.body()
        except MalformedResponseError as error:
            self._events.append(Spoilt(answer.token, error))
            return
        assert answer.fields is not None  # noqa: S101 - else there is no body
        self._events.append(Answered(answer.token, answer.fields, body, None, answer.size))

    def _spoil(self, stream: int, answer: PartialAnswer, error: MalformedResponseError) -> None:
        self._drop(stream)
        self._events.append(Spoilt(answer.token, error))

    def _drop(self, stream: int) -> None:
        """Want no more of an answer."""
        self._forget(stream)
        self._quic.stop_stream(stream, ErrorCode.H3_REQUEST_CANCELLED)

    def _forget(self, stream: int) -> PartialAnswer | None:
        self._uploads.discard(stream)
        self._unread.pop(stream, None)
        return self._answers.pop(stream, None)

    def _on_reset(self, event: h3.StreamReset) -> None:
        answer = self._forget(event.stream_id)
        if answer is None:
            return
        self._control = 0
        words = f"the server reset the stream: {_name(event.error_code)}"
        self._events.append(Reset(answer.token, words))

    def _on_goaway(self, event: h3.GoawayReceived) -> None:
        self.leaving = "GOAWAY"
        for stream in [each for each in self._answers if each >= event.stream_id]:
            self._events.append(Unprocessed(self._answers[stream].token))
            self._forget(stream)
        self._events += [Unprocessed(request.token) for request in self._waiting]
        self._waiting.clear()


@lru_cache(maxsize=256)
def _configuration_of(handshake: QuicHandshake) -> dict[str, Any]:
    verified = handshake.authorities is not None
    return {
        "alpn_protocols": [ALPN],
        "server_name": handshake.name,
        "cadata": handshake.authorities,
        "verify_mode": ssl.CERT_REQUIRED if verified else ssl.CERT_NONE,
        "verify_hostname": verified,
    }


def _configuration(handshake: QuicHandshake) -> QuicConfiguration:
    return QuicConfiguration(is_client=True, **_configuration_of(handshake))


@lru_cache(maxsize=256)
def _fields(headers: Pairs) -> Fields:
    """The header block of an answer: they repeat. Raises MalformedResponseError."""
    return response_fields(headers)


def _size(headers: Pairs) -> int:
    return sum(len(name) + len(value) for name, value in headers)


def _name(code: int) -> str:
    """What an error code is called."""
    try:
        return ErrorCode(code).name
    except ValueError:
        return f"error {code:#x}"
