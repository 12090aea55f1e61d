"""Paths and URLs, as people write them."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx

from bench.workloads.requests.plain_request import PlainRequest

MOST_CHARACTERS: Final = 16_384
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)")
_KEPT: Final = "%/:?[]@!$&'()*+,;=-._~"  # RFC 3986, section 2: what stands for itself
_NOWHERE: Final = httpx.URL("http://127.0.0.1:1")
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. target: path and query, in ASCII. host, user: of a URL, if any."""

    target: str
    host: str | None = None
    user: str | None = None


def place(text: str) -> Place:
    """Read a path or a URL of HTTP. Raises ValueError."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters are too long for a path")
    if not text.isprintable() and not text.isascii():
        text = "".join(each for each in text if not each.isspace() or each == " ")
    if any(ord(each) < ord(" ") or each == "\x7f" for each in text):
        raise ValueError("there are control characters in it")
    host = user = None
    rest = text
    if not text.startswith("/"):
        found = _URL.match(text)
        if found is None or not found["authority"]:
            raise ValueError(f"{text!r:.60} is neither a path, as /prices/7, nor a URL")
        if found["scheme"].lower() not in {"http", "https"}:
            raise ValueError(f"{found['scheme']!r:.20} is no scheme of a URL that can be asked")
        user, _, host = found["authority"].rpartition("@")
        rest = text[found.end() :]
    rest = rest.partition("#")[0]
    if not rest.startswith("/"):
        rest = f"/{rest}"
    return Place(quote(rest, safe=_KEPT, errors="surrogateescape"), host, user or None)


def checked(request: PlainRequest) -> PlainRequest:
    """A request that can be sent. Raises ValueError."""
    try:
        request.to(_NOWHERE)
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise ValueError(f"it cannot be sent: {error}") from error
    return request


def method(text: str) -> str:
    """Read a method. Raises ValueError."""
    if text.upper() not in METHODS:
        raise ValueError(f"{text!r:.40} is no method: write one of {', '.join(METHODS)}")
    return text.upper()
