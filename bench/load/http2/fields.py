"""Header blocks: those of requests encoded once, those of answers decoded once and recognised.

Neither side keeps a table from block to block: ours announces that it has no room for one, and of
the peer's none is used. So a block's bytes alone say what it means, and one that was seen before
needs no decoder.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import hpack
import httpx

from bench.load.net.limits import MAX_HEAD, MalformedResponseError

_REMEMBERED: Final = 1024  # blocks kept; a server that never repeats one costs a decoding each
_REMEMBERED_BYTES: Final = 4096  # of one block
_REMEMBERED_HEADERS: Final = 64  # in one block; the three bound the memory
_INTERIM: Final = range(100, 200)
_STATUS: Final = b":status"
_STATUS_DIGITS: Final = 3
_OF_CONNECTIONS: Final = frozenset({
    b"connection", b"host", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding",
    b"upgrade",
})  # fmt: skip
"""Headers of HTTP/1.1 that say something of the connection: HTTP/2 has none of them."""
_NOT_IN_ANSWERS: Final = _OF_CONNECTIONS - {b"host"}

Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """The header block of a response: status and headers.

    `length`: of the body, where a header says it. `undated`: all but the date, the same object
    for all blocks that differ in nothing else; `date`: it, b"" where there is none.
    """

    status: int
    headers: Pairs = field(repr=False)
    length: int | None
    undated: Pairs = field(repr=False)
    date: bytes

    @property
    def interim(self) -> bool:
        """Whether another block follows, before any body (1xx)."""
        return self.status in _INTERIM


class Blocks:
    """The header blocks seen so far on any connection, by their bytes."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[bytes, Fields] = {}
        self._alike: dict[Pairs, Pairs] = {}
        self.get = self._known.get

    def learn(self, block: bytes) -> Fields:
        """Decode a block and remember it. Raises MalformedResponseError."""
        found = response_fields(_decoded(block))
        found = replace(found, undated=self._alike.get(found.undated, found.undated))
        if len(block) <= _REMEMBERED_BYTES and len(found.headers) <= _REMEMBERED_HEADERS:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
                self._alike.clear()
            self._known[block] = found
            self._alike[found.undated] = found.undated
        return found


BLOCKS: Final = Blocks()
"""Blocks of answers of all servers."""


def response_fields(pairs: Pairs) -> Fields:
    """Read the decoded header block of a response. Raises MalformedResponseError."""
    (name, status), *rest = pairs or ((b"", b""),)
    if name != _STATUS or len(status) != _STATUS_DIGITS or not status.isdigit():
        raise MalformedResponseError(f"a header block without a status: {pairs[:3]!r}")
    if int(status) < _INTERIM.start:
        raise MalformedResponseError(f"no status can be {int(status)}")
    headers = tuple(rest)
    refuse_malformed(headers)
    dates = [value for name, value in headers if name == b"date"]
    undated = (pairs[0], *(pair for pair in headers if pair[0] != b"date"))
    return Fields(
        int(status), headers, _length(headers), undated,
        dates[0] if len(dates) == 1 else b"",
    )  # fmt: skip


def check_trailers(block: bytes) -> None:
    """Read a header block that ends an answer. Raises MalformedResponseError."""
    refuse_malformed(_decoded(block))


def _decoded(block: bytes) -> Pairs:
    """Read a block without any table. Raises MalformedResponseError."""
    decoder = hpack.Decoder(max_header_list_size=MAX_HEAD)
    decoder.max_allowed_table_size = decoder.header_table_size = 0
    try:
        found = tuple(
            (bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)
        )
    except (hpack.HPACKError, IndexError, ValueError) as error:
        words = str(error) or type(error).__name__
        raise MalformedResponseError(f"a header block that cannot be decoded: {words}") from error
    return found


def refuse_malformed(headers: Pairs) -> None:
    """RFC 9113, section 8.2. Raises MalformedResponseError."""
    for name, value in headers:
        if not name or name.startswith(b":") or name != name.lower() or name in _NOT_IN_ANSWERS:
            raise MalformedResponseError(f"a header that HTTP/2 does not allow: {name[:80]!r}")
        if not {0, 10, 13}.isdisjoint(value) or not {0, 10, 13, 32}.isdisjoint(name):
            raise MalformedResponseError(f"bytes that no header may have: {name[:80]!r}")


def _length(headers: Pairs) -> int | None:
    """What content-length says. Raises MalformedResponseError where that is no one number."""
    found = {value for name, value in headers if name == b"content-length"}
    if not found:
        return None
    (value, *others) = found
    if others or not value.isdigit() or len(value) > 19:  # noqa: PLR2004 - those of 64 bits
        raise MalformedResponseError(f"a content-length that is no number: {sorted(found)!r:.80}")
    return int(value)


def request_block(request: httpx.Request, scheme: str, length: int | None) -> bytes:
    """The header block of a request; see `request_fields`.

    No field of it enters a table of the peer's, however large that is.
    """
    fields = request_fields(request, scheme, length)
    return hpack.Encoder().encode([(name, value, True) for name, value in fields])


def request_fields(
    request: httpx.Request, scheme: str, length: int | None
) -> list[tuple[bytes, bytes]]:
    """What a request begins with; `length`: of its body, where its headers do not say it."""
    hosts = (value for name, value in request.headers.raw if name.lower() == b"host")
    fields = [
        (b":method", request.method.encode("ascii")),
        (b":scheme", scheme.encode("ascii")),
        (b":authority", next(hosts, request.url.netloc)),
        (b":path", request.url.raw_path or b"/"),
    ]
    fields += _kept(request.headers.raw)
    if length is not None and "content-length" not in request.headers:
        fields.append((b"content-length", b"%d" % length))
    return fields


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Those that HTTP/2 has, too, in lower case."""
    lower = ((name.lower(), value) for name, value in headers)
    return [(name, value) for name, value in lower if name not in _OF_CONNECTIONS]


NO_TABLE: Final = b"\x20"
"""The beginning of the first header block where the peer has less room for a table than it need
have: that none is used (RFC 7541, section 4.2)."""
