"""One request, as a line of an access log describes it."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

SENT_METHODS: Final = ("GET", "HEAD")
"""Methods of the requests that are sent: a log has no bodies."""
_REQUEST: Final = re.compile(r"([A-Z]{3,20}) (\S(?:.*\S)?)")
_PROTOCOL: Final = re.compile(r"(?:HTTP/)?\d(?:\.\d)?", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
_NAMED: Final = {"n": b"\n", "t": b"\t", "r": b"\r", "v": b"\v", "b": b"\b", "f": b"\f"}
_SWITCHING_PROTOCOLS: Final = 101


class LogEntry(NamedTuple):
    """One request of a log.

    form: of its line, in words. at_ns: since 1970, UTC; None: the line says no time. method: empty
    where what came was no HTTP. target: as in the log, a path or a URL. status: None: not known.
    """

    form: str
    at_ns: int | None
    method: str
    target: str
    status: int | None

    @property
    def why_left_out(self) -> str | None:
        """Why it cannot be sent again, as a category to count; None: it can."""
        if not self.method:
            return "no HTTP request"
        if self.method not in SENT_METHODS:
            return self.method
        if self.status == _SWITCHING_PROTOCOLS:
            return "WebSocket"
        if not self.target.startswith(("/", "http://", "https://")):
            return "no path"
        return None


@lru_cache(maxsize=4096)
def request_line(text: str) -> tuple[str, str]:
    """Method and target of a request as logs quote it; both empty where it is no HTTP."""
    before, _, last = text.rpartition(" ")
    bare = before if _PROTOCOL.fullmatch(last) else text
    found = _REQUEST.fullmatch(_unescaped(bare) if "\\" in bare else bare)
    return (found[1], found[2]) if found else ("", "")


def _unescaped(text: str) -> str:
    r"""A text without the \xHH of nginx and the \" of Apache."""
    parts: list[bytes] = []
    last = 0
    for found in _ESCAPED.finditer(text):
        parts.append(text[last : found.start()].encode(errors="surrogateescape"))
        last = found.end()
        parts.append(
            bytes.fromhex(found[1])
            if found[1]
            else _NAMED.get(found[2], found[2].encode(errors="surrogateescape"))
        )
    raw = b"".join([*parts, text[last:].encode(errors="surrogateescape")])
    return raw.decode(errors="surrogateescape")
