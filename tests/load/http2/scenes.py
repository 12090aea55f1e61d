"""What a server may do over HTTP/2, as strategies; hyper-h2 turns it into bytes."""

from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes
from hypothesis import strategies as st

from bench.load.http2.frames import Kind, frame
from bench.load.http2.session import Http2Session

STREAMS = 4
NAMES = ["server", "content-type", "x-long", "etag", "date", "set-cookie"]
VALUES = ["", "a", "text/plain; charset=utf-8", "y" * 300, "Thu, 01 Jan 2026 00:00:00 GMT", "é"]
Headers = list[tuple[str, str]]

fields = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=5)


@dataclass
class Act:
    """What the server does to answer one request."""

    status: int = 200
    interim: int = 0
    headers: Headers = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    padding: int | None = None
    trailers: Headers | None = None
    reset: int | None = None


acts = st.builds(
    Act,
    status=st.sampled_from([200, 201, 404, 503]),
    interim=st.integers(0, 2),
    headers=fields,
    pieces=st.lists(st.binary(max_size=60), max_size=4),
    padding=st.sampled_from([None, None, 0, 7]),
    trailers=st.one_of(st.none(), st.none(), fields.filter(bool)),
    reset=st.one_of(st.none(), st.none(), st.none(), st.sampled_from([0, 2, 7, 8])),
)
extras = st.sampled_from([
    b"",
    b"",
    frame(Kind.PING, 0, 0, b"12345678"),
    frame(Kind.PRIORITY, 0, 5, b"\0\0\0\0\1"),
    frame(Kind.WINDOW_UPDATE, 0, 0, b"\0\0\0\1"),
])  # fmt: skip


class Scene:
    """One connection: STREAMS requests of ours, and a server that hyper-h2 speaks for."""

    def __init__(self) -> None:
        self.session = Http2Session()
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.server.initiate_connection()
        self.server.receive_data(self._out())
        greeting = self.server.data_to_send()
        assert self.session.feed(greeting) == []
        assert self.session.error is None
        self.greeting = greeting

    def ask(self, bodies: list[bytes]) -> None:
        """Send as many requests as there are bodies; tokens are 0, 1, 2."""
        for token, body in enumerate(bodies):
            self.session.request(token, REQUEST, body)
        self.server.receive_data(self._out())

    def _out(self) -> bytes:
        data = bytes(self.session.out)
        self.session.out.clear()
        return data

    def play(self, acts: list[Act], order: list[int], extras: list[bytes]) -> bytes:
        """Let the server answer; steps of different streams are mixed as `order` says."""
        waiting = {2 * index + 1: self._steps(2 * index + 1, act) for index, act in enumerate(acts)}
        data = b""
        for number, (choice, extra) in enumerate(zip(order, extras, strict=True)):
            if not waiting:
                break
            stream = sorted(waiting)[(choice + number) % len(waiting)]
            waiting[stream].pop(0)()
            if not waiting[stream]:
                del waiting[stream]
            data += self.server.data_to_send() + extra
        for steps in waiting.values():
            for step in steps:
                step()
        return data + self.server.data_to_send()

    def _steps(self, stream: int, act: Act) -> list:  # type: ignore[type-arg]
        """What is done on one stream, one after the other."""
        server, ends = self.server, not act.pieces and act.trailers is None
        steps = [
            lambda: server.send_headers(stream, [(":status", "103"), ("link", "x")])
            for _ in range(act.interim)
        ]
        head = [(":status", str(act.status)), *act.headers]
        last = ends and act.reset is None
        steps.append(lambda: server.send_headers(stream, head, end_stream=last))
        for index, piece in enumerate(act.pieces):
            final = index == len(act.pieces) - 1 and act.trailers is None and act.reset is None
            steps.append(
                lambda piece=piece, final=final: server.send_data(  # type: ignore[misc]
                    stream, piece, end_stream=final, pad_length=act.padding
                )
            )
        if (code := act.reset) is not None:
            steps.append(lambda: server.reset_stream(stream, code))
        elif (trailers := act.trailers) is not None:
            steps.append(lambda: server.send_headers(stream, trailers, end_stream=True))
        return steps


def reference() -> H2Connection:
    """A client of hyper-h2 that has sent the same requests, without bodies."""
    client = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    client.update_settings({SettingCodes.HEADER_TABLE_SIZE: 0})
    client.initiate_connection()
    for index in range(STREAMS):
        client.send_headers(2 * index + 1, HEADERS, end_stream=True)
    client.data_to_send()
    return client


HEADERS = [
    (":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/items/1"),
]  # fmt: skip
REQUEST = b"\x82\x86\x01\x01x\x04\x08/items/1"
