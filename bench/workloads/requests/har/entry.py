"""One entry of a HAR: whether it can be sent, which host it went to, and its request."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from bench.workloads.requests.har.body import body_of
from bench.workloads.requests.har.format import HarPair, HarRecord, HarRequest, record_of
from bench.workloads.requests.plain_request import PlainRequest, header, sendable
from bench.workloads.requests.targets import METHODS, method, place

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_ASSETS: Final = ("image/", "font/", "video/", "audio/", "text/css", "application/font")
_SCRIPTS: Final = ("javascript", "ecmascript", "wasm")
_NOT_SENT: Final = frozenset(
    {"host", "proxy-authorization", "http2-settings", "alt-used", "trailer", "cookie"}
)
"""Headers of another connection or another address; cookies are put together anew."""
_OF_AN_ADDRESS: Final = frozenset({"origin", "referer"})
_READABLE: Final = frozenset({"gzip", "deflate", "identity"})
"""Encodings of answers whose content can be looked at here."""
_STATUSES: Final = range(100, 600)
_SWITCHED: Final = 101


class LeftOutKind(StrEnum):
    """Entries that are not sent, as they are counted; {} stands for their number."""

    WEBSOCKET = "{} of WebSockets"
    SCHEME = "{} that are not HTTP"
    PREFLIGHT = "{} OPTIONS"
    METHOD = "{} with another method than can be sent"
    UNANSWERED = "{} without an answer"
    CACHED = "{} from a browser's cache"
    EVENTS = "{} of streams of events"
    BODY = "{} whose body the file does not have whole"


@dataclass(frozen=True, slots=True)
class HarEntry:
    """An entry that can be sent. host: with its port, unless that is the scheme's.

    is_asset: it was answered with an image, a font, a style or a script.
    """

    host: str
    is_asset: bool
    status: int
    request: HarRequest

    def plain(self, given: Sequence[tuple[str, str]]) -> PlainRequest:
        """What it sends; `given` headers take the place of its own.

        Raises NotWholeError, and ValueError where that cannot be told.
        """
        body, kind = body_of(self.request)
        replaced = {name.lower() for name, _ in given}
        own = [
            header(f"{name}: {value}")
            for name, value in _headers(self.request, self.host, kind)
            if name.lower() not in replaced
        ]
        target, named = place(self.request.url).target, method(self.request.method)
        headers = sendable([*own, *given])
        return PlainRequest(target, named, headers, body, logged=self.status)


def read_entry(entry: Any) -> HarEntry | LeftOutKind:
    """Parse an entry. Raises ValueError if it is not valid HAR."""
    record = record_of(entry)
    parts = urlsplit(record.request.url)
    for kind, applies in _LEFT_OUT.items():
        if applies(record, parts.scheme):
            return kind
    media = record.media
    is_asset = media.startswith(_ASSETS) or any(each in media for each in _SCRIPTS)
    host = _host(parts.scheme, parts.netloc)
    return HarEntry(host, is_asset, record.response.status or 0, record.request)


_LEFT_OUT: Final[dict[LeftOutKind, Callable[[HarRecord, str], bool]]] = {
    LeftOutKind.WEBSOCKET: lambda record, scheme: (
        scheme in {"ws", "wss"}
        or record.resource_type == "websocket"
        or record.response.status == _SWITCHED
    ),
    LeftOutKind.SCHEME: lambda _, scheme: scheme not in _DEFAULT_PORTS,
    LeftOutKind.PREFLIGHT: lambda record, _: record.request.method.upper() == "OPTIONS",
    LeftOutKind.METHOD: lambda record, _: record.request.method.upper() not in METHODS,
    LeftOutKind.UNANSWERED: lambda record, _: record.response.status not in _STATUSES,
    LeftOutKind.CACHED: lambda record, _: bool(record.from_cache),
    LeftOutKind.EVENTS: lambda record, _: record.media.startswith("text/event-stream"),
}
"""By scheme, too."""


def _host(scheme: str, authority: str) -> str:
    host = authority.rpartition("@")[2].lower()
    if not host:
        raise ValueError("its url has no host")
    return host.removesuffix(_DEFAULT_PORTS[scheme])


def _headers(request: HarRequest, host: str, kind: str | None) -> Iterator[tuple[str, str]]:
    """Headers that any server would be sent; without HTTP/2's pseudo headers."""
    pairs = request.headers or []
    for each in pairs:
        name, value = each.name.lower(), each.value or ""
        if name.startswith(":") or name in _NOT_SENT:
            continue
        if ":" in name:
            raise ValueError(f"{name!r:.40} is no name of a header")
        if name in _OF_AN_ADDRESS and _is_of(value, host):
            continue
        if name == "content-type":
            value = kind or value
        if name == "accept-encoding":
            value = _readable(value)
        if value or name != "accept-encoding":
            yield each.name, value
    if kind is not None and request.header("content-type") is None:
        yield "Content-Type", kind
    yield from _cookie(pairs, request.cookies or [])


def _is_of(url: str, host: str) -> bool:
    """Whether a URL names the recorded host, which is not the server that is measured."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        bool(parts.netloc)
        and parts.scheme in _DEFAULT_PORTS
        and _host(parts.scheme, parts.netloc) == host
    )


def _readable(encodings: str) -> str:
    named = (each.strip() for each in encodings.split(","))
    return ", ".join(each for each in named if each.partition(";")[0].lower() in _READABLE)


def _cookie(pairs: Sequence[HarPair], cookies: Sequence[HarPair]) -> Iterator[tuple[str, str]]:
    """All cookies in one header (RFC 9113, section 8.2.3); from the list, if no header has any."""
    sent = [each.value or "" for each in pairs if each.name.lower() == "cookie"]
    if not sent:
        sent = [f"{each.name}={each.value or ''}" for each in cookies]
    if sent:
        yield "Cookie", "; ".join(sent)
