"""The request that shows whether a server is ready, as bytes and for people."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Header = tuple[bytes, bytes]
_MASK = "***"
_SECRET = re.compile(r"auth|cookie|key|token|secret|passw|session|sign|credential", re.IGNORECASE)
_QUERY = re.compile(r"([?&][^=&]*)=[^&]*")
_LONGEST_VALUE = 60  # characters of a header's value that are shown
_LONGEST_PATH = 200
_MOST_HEADERS = 4  # that are shown: what a browser sends would fill a page
_UNTOLD = frozenset(
    {b"accept", b"accept-encoding", b"user-agent", b"connection", b"content-length"}
)
"""Headers that clients send by themselves: not worth showing."""
_OF_THE_CONNECTION = frozenset({b"connection", b"accept-encoding", b"transfer-encoding"})
"""Headers that are never asked with: a connection is for one question, and its answer is read."""


@dataclass(frozen=True)
class Question:
    """A GET on a connection of its own: `path` with its query. Host need not be given."""

    path: str = "/"
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def wire(self, authority: str) -> bytes:
        """Return what is sent to the server at this host and port over HTTP/1.1."""
        headers = [*self.sent(authority), (b"Connection", b"close")]
        lines = [b"GET %b HTTP/1.1" % self.path.encode(), *(b"%b: %b" % each for each in headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    def sent(self, authority: str) -> list[Header]:
        """Return the headers that go to the server at this host and port, over any protocol."""
        given = {name.lower() for name, _ in self.headers}
        usual = (b"Host", authority.encode()), (b"Accept", b"*/*")
        return [
            *(header for header in usual if header[0].lower() not in given),
            *(header for header in self.headers if header[0].lower() not in _OF_THE_CONNECTION),
        ]

    def __str__(self) -> str:
        """Show path and headers; what may be a secret is masked."""
        path = _QUERY.sub(_masked_value, self.path)
        if len(path) > _LONGEST_PATH:
            path = f"{path[:_LONGEST_PATH]}..."
        headers = ", ".join(_shown(self.headers))
        return f"GET {path} with {headers}" if headers else f"GET {path}"


def _masked_value(found: re.Match[str]) -> str:
    return f"{found[1]}={_MASK}" if _SECRET.search(found[1]) else found[0]


def _shown(headers: Iterable[Header]) -> Iterable[str]:
    """Yield a few headers: of many, those that an app may ask for first."""
    every = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name.lower() not in _UNTOLD
    ]
    if len(every) > _MOST_HEADERS:
        every.sort(key=lambda each: not (each[0].lower() == "host" or _SECRET.search(each[0])))
    for name, value in every[:_MOST_HEADERS]:
        yield f"{name}: {_MASK if _SECRET.search(name) else value[:_LONGEST_VALUE]}"
    if len(every) > _MOST_HEADERS:
        yield f"{len(every) - _MOST_HEADERS} more"
