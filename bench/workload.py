"""What a workload is made of: requests, and what a right answer to each is.

A workload is a Python file with one of four functions, which is called again for each process of a
server that is loaded, when that is there (docs/workloads.md):

- `exchanges(base_url)` yields `Exchange` objects: a set of them, sent over and over, or without
  end, each sent once;
- `exchange(base_url, number)` returns one: each number is given once in a run;
- `sequence(base_url, number)` yields one after the other, and is given the `httpx.Response` to
  each: `response = yield Exchange(...)`. A connection does one sequence after the other;
- `websocket(base_url)` returns a `WebSocket`, whose messages are sent over and over.

`bench/workloads/` has the built-in ones, which are examples of the first.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

import httpx

_REMEMBERED = 1000  # distinct right bodies kept for one request
_REMEMBERED_BYTES = 1024 * 1024  # of all of them but the first
_JSON_BYTES = 64 * 1024
_ID_DIGITS = 19  # that an id can have to be recognised; what is longer is looked at closely
_MOST_EVENTS = 1_000_000  # of one stream


def parsed(response: httpx.Response) -> Any:
    """The JSON of an answer. Raises ValueError when there is none, or more than an item's worth.

    A body of brackets takes twenty times its size in memory once it is parsed.
    """
    if len(response.content) > _JSON_BYTES:
        raise ValueError(f"{len(response.content):,} bytes where an item was expected")
    return response.json()


class Answer(Protocol):
    """What a right answer is. It may remember what it has seen: it lives as long as one server."""

    @property
    def status(self) -> int:
        """The one right status."""

    @property
    def repeats(self) -> bool:
        """Whether an answer that was right is right again, byte for byte, head included."""

    def accepts(self, body: bytes) -> bool:
        """Accept a body that is known to be right, at the cost of comparing bytes."""

    def fault(self, response: httpx.Response) -> str | None:
        """Say what is wrong with an answer of the right status that `accepts` did not know."""


class _WatchedResponse(httpx.Response):
    """A response that notes whether more than its body was looked at.

    A failed login may differ from one that worked in nothing but the Location of a redirect.
    """

    looked_beyond_body: bool

    @classmethod
    def of(cls, response: httpx.Response) -> "_WatchedResponse":
        """The same response, watched. Its state is shared, not parsed again."""
        watched = cls.__new__(cls)
        watched.__dict__.update(response.__dict__)
        watched.looked_beyond_body = False
        return watched

    @property
    def headers(self) -> httpx.Headers:
        self.looked_beyond_body = True
        found: httpx.Headers = self.__dict__["headers"]
        return found

    @headers.setter
    def headers(self, value: httpx.Headers) -> None:
        self.__dict__["headers"] = value

    @property
    def request(self) -> httpx.Request:
        self.looked_beyond_body = True
        return super().request

    @request.setter
    def request(self, value: httpx.Request) -> None:
        self._request = value

    @property
    def text(self) -> str:
        """The body as text, for which httpx reads the charset of the headers."""
        looked = self.looked_beyond_body
        text = super().text
        self.looked_beyond_body = looked
        return text


class Checked:
    """A right answer is one that `check` finds no fault with.

    `check` gets the whole `httpx.Response` and returns what is wrong, or None. A body that it
    found right is right again, byte for byte, without asking, unless it looked at more than the
    body: headers, cookies, or the request.
    """

    def __init__(self, check: Callable[[httpx.Response], str | None], *, status: int = 200) -> None:
        """Judge answers of `status` by `check`."""
        self.status = status
        self.repeats = True
        self._check = check
        self._right: set[bytes] = set()
        self._room = _REMEMBERED_BYTES
        self.accepts: Callable[[bytes], bool] = self._right.__contains__

    def fault(self, response: httpx.Response) -> str | None:
        """Ask `check`, and remember the body if it is right because of the body alone.

        Raises TypeError when it returns neither None nor words.
        """
        watched = _WatchedResponse.of(response)
        fault = _words(self._check(watched))
        if fault is None and not watched.looked_beyond_body:
            self._remember(response.content)
        return fault

    def _remember(self, body: bytes) -> None:
        """Keep a right body, while there is room; the first is always kept."""
        if self._right:
            if len(self._right) >= _REMEMBERED or len(body) > self._room:
                return
            self._room -= len(body)
        self._right.add(body)


def _words(fault: object) -> str | None:
    """What a check has returned. Raises TypeError unless it is a fault in words, or None."""
    if fault is None or isinstance(fault, str):
        return fault
    if inspect.iscoroutine(fault):
        fault.close()
        raise TypeError("the check is async: define it with def")
    raise TypeError(
        f"the check returned {fault!r:.50}: return None if the answer is right, else what is wrong"
    )


class Created:
    """A right answer echoes the item that was sent, with an integer id never seen before."""

    status = 201
    repeats = False

    def __init__(self, ids: set[int], echo: Mapping[str, Any]) -> None:
        """Share `ids` between all exchanges that create on the same server."""
        self._ids = ids
        self._echo = dict(echo)
        self._before = b""
        self._after = b""

    def accepts(self, body: bytes) -> bool:
        """Accept what differs from an earlier right answer in nothing but a new id."""
        before, after = self._before, self._after
        if not (before and body.startswith(before) and body.endswith(after)):
            return False
        digits = body[len(before) : len(body) - len(after)]
        if not digits.isdigit() or len(digits) > _ID_DIGITS or digits != b"%d" % int(digits):
            return False  # a JSON number has no leading zeros
        identity = int(digits)
        if identity in self._ids:
            return False
        self._ids.add(identity)
        return True

    def fault(self, response: httpx.Response) -> str | None:
        """Compare with what was sent, and note the id."""
        item = parsed(response)
        identity = item.pop("id", None) if isinstance(item, dict) else None
        if not isinstance(identity, int) or isinstance(identity, bool):
            return f"expected an item with an integer id, got {response.text:.120}"
        if not _same(item, self._echo):
            return f"expected {json.dumps(self._echo):.120}, got {json.dumps(item):.120}"
        if identity in self._ids:
            return f"id {identity} was given twice"
        self._ids.add(identity)
        self._learn(response.content)
        return None

    def _learn(self, body: bytes) -> None:
        """Keep the bytes around the id, if it is the item's id that varies between them."""
        found = list(re.finditer(rb'"id": ?(\d+)', body))
        if len(found) != 1:
            return
        before, after = body[: found[0].start(1)], body[found[0].end(1) :]
        with suppress(ValueError):
            if _same(json.loads(before + b"0" + after), {**self._echo, "id": 0}):
                self._before, self._after = before, after


def _same(found: object, expected: object) -> bool:
    """Whether two JSON values are equal; in Python alone, true is 1."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            _same(found[key], expected[key]) for key in expected
        )
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_same, found, expected))
    return isinstance(found, bool) is isinstance(expected, bool) and found == expected


class StreamForm(StrEnum):
    """How the events of a stream are told apart.

    SSE: server-sent events, which end with a blank line. LINES: one a line, as NDJSON. CHUNKS: a
    chunk of the transfer coding each.
    """

    SSE = "sse"
    LINES = "lines"
    CHUNKS = "chunks"


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """A right answer is a stream of so many right events, in their order.

    `fault` gets each event and its number, from 1, and returns what is wrong with it, or None. An
    event that it found right is right again under that number, byte for byte, without asking.
    Of an SSE event it gets the lines, joined by line feeds, without comments (see `sse_data`).
    `least`: how many events there must be, where they may be fewer than `events`.
    Raises ValueError for what cannot be.
    """

    events: int
    fault: Callable[[bytes, int], str | None]
    form: StreamForm | str = StreamForm.SSE
    status: int = 200
    least: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no bound, and no form."""
        if self.form not in set(StreamForm):
            known = ", ".join(StreamForm)
            raise ValueError(f"a stream's form is {self.form!r:.40}: it is one of {known}")
        if not 1 <= self.events <= _MOST_EVENTS:
            raise ValueError(f"a stream has {self.events} events: give 1 to {_MOST_EVENTS:,}")
        if self.least is not None and not 0 <= self.least <= self.events:
            raise ValueError(f"a stream has at least {self.least} events of {self.events}")

    @property
    def fewest(self) -> int:
        """How many events there must be."""
        return self.events if self.least is None else self.least


def sse_data(event: bytes) -> bytes:
    """The data of a server-sent event: its `data` lines, joined by line feeds."""
    lines = (line.partition(b":") for line in event.split(b"\n"))
    return b"\n".join(value.removeprefix(b" ") for name, _, value in lines if name == b"data")


@dataclass(frozen=True)
class Exchange:
    """One request, what a right answer to it is, and how often it comes among the others.

    `weight` 0: it is never sent under load, but may be the request that tells readiness. `think_s`:
    how long the connection waits after the answer before its next request, seconds; a function is
    called each time.
    """

    request: httpx.Request
    answer: Answer | Streamed
    weight: float = 1
    think_s: float | Callable[[], float] = 0.0


Content: TypeAlias = str | bytes
"""A message: text, or binary."""
RightMessage: TypeAlias = Content | Callable[[Any], str | None]
"""What a right message is: this one; or one in which a function finds no fault. That gets it as str
or bytes and returns what is wrong, or None; a message that was right is right again without asking.
"""


@dataclass(frozen=True)
class Message:
    """One message that is sent over a WebSocket, and what is a right answer to it.

    `answer`: a message, or a list of all that the server sends in answer, in their order. Message
    and answer, however many messages that has, count as one. `weight`: how often it comes among the
    others.
    """

    content: Content
    answer: RightMessage | Sequence[RightMessage]
    weight: int = 1


@dataclass(frozen=True)
class WebSocket:
    """A WebSocket of the app, and what is sent over it: one message after the other.

    url: absolute, or a path. headers: of the request for it, as a token. subprotocols: one of them
    has to be chosen. greeting: what the server sends at first, before it is asked anything; as a
    message's answer.
    """

    url: httpx.URL | str
    messages: Sequence[Message]
    headers: Mapping[str, str] | None = None
    subprotocols: Sequence[str] = ()
    greeting: RightMessage | Sequence[RightMessage] | None = None
