"""A WebSocket workload compiled for one server: the upgrade, the frames, what is a right answer."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx

from bench.load.net.limits import MAX_BODY
from bench.load.reckoning.samples import Code
from bench.load.scripts.script import MOST, Script, ScriptLine
from bench.load.websocket.frames import Opcode, client_frame, frame
from bench.load.websocket.handshake import Upgrade
from bench.load.websocket.reader import Received
from bench.workload import Checked, Content, Exchange, Message, WebSocket

UPGRADED: Final = 101
MOST_ANSWERS: Final = 4096  # messages that are the answer to one
_REMEMBERED: Final = 256  # distinct right answers that a function was asked about
_REMEMBERED_BYTES: Final = 64 * 1024  # of one of them
_QUOTED: Final = 120  # characters of a wrong answer
_SCHEMES: Final = {"ws": "http", "wss": "https"}

_Check = Callable[[Received], str | None]


class MessageLine(ScriptLine):
    """One message, compiled: the frame that is sent, and whether what comes back is right.

    `count`: how many messages are its answer.
    """

    __slots__ = ("_checks", "count")

    def __init__(self, message: Message, request: httpx.Request, mask: bytes) -> None:
        """Compile a message for the WebSocket that `request` asks for. Raises ValueError."""
        if not isinstance(message, Message):
            raise ValueError(  # noqa: TRY004 - one kind of error for all that a workload may lack
                f"a WebSocket's messages hold a {type(message).__name__}, not "
                "bench.workload.Message"
            )
        super().__init__(Exchange(request, _UPGRADE, message.weight))
        answers = _listed(message.answer)
        self.count = len(answers)
        self.status = UPGRADED
        self.wire = client_frame(_opcode(message.content), _payload(message.content), mask)
        self._checks = tuple(_check(answer) for answer in answers)
        known = [frame(_opcode(each), _payload(each)) for each in answers if not callable(each)]
        if len(known) == self.count:
            self.remember(b"".join(known))

    def remember(self, response: bytes) -> None:
        """Keep the bytes of a right answer: the same bytes are right again, unread."""
        if len(response) <= self.kept_bytes:
            self.seen = response

    def fault(self, messages: Sequence[Received]) -> str | None:
        """Say what is wrong with an answer, or None."""
        for number, (check, message) in enumerate(zip(self._checks, messages, strict=True), 1):
            try:
                found = check(message)
            except Exception as error:  # noqa: BLE001 - a check trips over what is wrong
                found = f"{type(error).__name__}: {error}"
            if found is not None:
                return found if self.count == 1 else f"message {number} of {self.count}: {found}"
        return None

    def judged(self, messages: Sequence[Received], note: Callable[[str], None]) -> Code:
        """Look closely at an answer."""
        found = self.fault(messages)
        if found is None:
            return Code.OK
        note(f"wrong_body: {self.request.url.path}: {found}")
        return Code.WRONG_BODY


_UPGRADE: Final = Checked(lambda _: None, status=UPGRADED)


class MessageScript(Script):
    """The order in which a WebSocket's messages are sent, and what its connections begin with."""

    def __init__(self, found: WebSocket, base_url: httpx.URL, seed: int) -> None:
        """Compile what a workload has returned. Raises ValueError for what cannot be sent."""
        if not isinstance(found, WebSocket):
            raise ValueError(  # noqa: TRY004 - as of every workload
                f"websocket(base_url) returns a {type(found).__name__}: it must return a "
                "bench.workload.WebSocket"
            )
        self.upgrade = upgrade(found, base_url)
        mask = os.urandom(4)
        if len(found.messages) > MOST:
            raise ValueError(f"a WebSocket has more than {MOST} messages: give fewer")
        lines = [MessageLine(each, self.upgrade.request, mask) for each in found.messages]
        super().__init__(lines, seed)


def upgrade(found: WebSocket, base_url: httpx.URL) -> Upgrade:
    """What connections of a workload ask for. Raises ValueError."""
    greeting = () if found.greeting is None else _listed(found.greeting)
    checks = [_check(each) for each in greeting]
    offered = found.subprotocols
    return Upgrade(
        _request(found, base_url),
        (offered,) if isinstance(offered, str) else tuple(offered),
        len(checks),
        lambda messages: next(filter(None, map(_asked, checks, messages)), None),
    )


def _request(found: WebSocket, base_url: httpx.URL) -> httpx.Request:
    """A GET of the WebSocket's URL, without what makes an upgrade of it. Raises ValueError."""
    try:
        url = base_url.join(found.url)
        if url.scheme in _SCHEMES:
            url = url.copy_with(scheme=_SCHEMES[url.scheme])
        given = httpx.Request("GET", url, headers=found.headers)
    except (TypeError, AttributeError, httpx.InvalidURL) as error:
        raise ValueError(f"a WebSocket's url or headers cannot be sent: {error}") from error
    headers = [pair for pair in given.headers.raw if pair[0].lower() != b"connection"]
    return httpx.Request("GET", url, headers=headers)


def _asked(check: _Check, message: Received) -> str | None:
    try:
        return check(message)
    except Exception as error:  # noqa: BLE001 - a check trips over what is wrong
        return f"{type(error).__name__}: {error}"


def _listed(answer: Any) -> list[Any]:
    """The messages of an answer. Raises ValueError for what is none."""
    found = list(answer) if isinstance(answer, list | tuple) else [answer]
    if not 0 < len(found) <= MOST_ANSWERS:
        raise ValueError(
            f"a Message's answer has {len(found)} messages: give from 1 to {MOST_ANSWERS}"
        )
    for each in found:
        if not (isinstance(each, str | bytes) or callable(each)):
            raise ValueError(  # noqa: TRY004 - as of every workload
                f"a Message's answer is a {type(each).__name__}: give text, bytes, a function, or "
                "a list of these"
            )
    return found


def _opcode(content: object) -> Opcode:
    return Opcode.TEXT if isinstance(content, str) else Opcode.BINARY


def _payload(content: object) -> bytes:
    """The bytes of a message. Raises ValueError where it is none, or too long."""
    if isinstance(content, str):
        content = content.encode()
    if not isinstance(content, bytes):
        raise ValueError(  # noqa: TRY004 - as of every workload
            f"a Message's content is a {type(content).__name__}: give text or bytes"
        )
    if len(content) > MAX_BODY:
        raise ValueError(f"a message of {len(content)} bytes; the most is {MAX_BODY}")
    return content


def _check(answer: Content | Callable[[Any], str | None]) -> _Check:
    """What judges one message of an answer."""
    if callable(answer):
        return _Asking(answer)
    wanted = Received(_opcode(answer), _payload(answer))
    return lambda message: None if message == wanted else _differs(wanted, message)


class _Asking:
    """Asks a workload's function about a message; one that was right is right again."""

    def __init__(self, check: Callable[[Any], str | None]) -> None:
        self._check = check
        self._right: set[Received] = set()

    def __call__(self, message: Received) -> str | None:
        if message in self._right:
            return None
        kind, payload = message
        fault = self._check(payload.decode() if kind is Opcode.TEXT else payload)
        if fault is None and len(payload) <= _REMEMBERED_BYTES and len(self._right) < _REMEMBERED:
            self._right.add(message)
        return fault


def _differs(wanted: Received, found: Received) -> str:
    """Say how."""
    if wanted.opcode is not found.opcode:
        return f"expected a {wanted.opcode.name.lower()} message, got {_quoted(found)}"
    return f"expected {_quoted(wanted)}, got {_quoted(found)}"


def _quoted(message: Received) -> str:
    kind, payload = message
    if kind is Opcode.TEXT:
        return repr(payload[: 4 * _QUOTED].decode(errors="ignore")[:_QUOTED])
    return f"{len(payload)} bytes {payload[:_QUOTED]!r:.{_QUOTED}}"
