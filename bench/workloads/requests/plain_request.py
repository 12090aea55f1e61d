"""One request that somebody named, as data: what is sent, and what is known of its answer."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bench.workloads.recorded.marks import Marks
from bench.workloads.secrets import is_secret, secret_values, shown_target

if TYPE_CHECKING:  # --help needs no httpx, and shows the options of this
    import httpx

MOST_REQUESTS: Final = 16_384
"""Of a set: as many as are compiled at once."""
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_OF_A_CONNECTION: Final = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-connection", "te",
     "transfer-encoding", "upgrade"}
)  # fmt: skip
"""Headers that each client sets for itself: left out of what is sent."""


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """One request.

    target: path and query, in ASCII. status: the right one; None: it is seen. logged: what was
    answered where it comes from, which is compared and not demanded; None: not known. secrets:
    values in it that are not to be shown, beside those whose names say so.
    """

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    weight: float = 1.0
    status: int | None = None
    logged: int | None = field(default=None, compare=False)
    secrets: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def weighing(self, weight: float) -> "PlainRequest":
        """The same with another weight."""
        return replace(self, weight=weight)

    def to(self, base_url: "httpx.URL") -> "httpx.Request":
        """The request to one server."""
        import httpx  # noqa: PLC0415 - see above

        url = base_url.copy_with(raw_path=self.target.encode("ascii"))
        pairs = [(name.encode(), value.encode()) for name, value in self.headers]
        hidden = {"secrets": self.secrets} if self.secrets else None
        return httpx.Request(self.method, url, headers=pairs, content=self.body, extensions=hidden)

    def marks(self, base_url: "httpx.URL") -> Marks:
        """What an answer of this server may repeat of it, and no other would."""
        host = base_url.netloc.decode("ascii")
        secrets = secret_values(self.headers, self.target, self.body, self.secrets)
        return Marks(f"{base_url.scheme}://{host}", host, secrets)

    @property
    def shown(self) -> str:
        """Method and path; no value in it that looks like a secret."""
        return f"{self.method} {shown_target(self.target, self.secrets)}"

    @property
    def identity(self) -> list[object]:
        """What tells it from others; a secret may be another the next time."""
        headers = [[name.lower(), "" if is_secret(name) else value] for name, value in self.headers]
        body = None if self.body is None else hashlib.sha256(self.body).hexdigest()
        return [self.shown, headers, body, self.weight, self.status]


def header(text: str) -> tuple[str, str]:
    """Read 'Name: value'. Raises ValueError, which tells no value."""
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon:
        raise ValueError("a header is written 'Name: value': there is no colon")
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r:.40} is no name of a header: write 'Name: value'")
    if not value.isprintable():
        raise ValueError(f"the value of header {name!r:.40} has characters that cannot be sent")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the value of header {name!r:.40} is not UTF-8") from None
    return name, value


def sendable(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without those that are a connection's."""
    return tuple(each for each in headers if each[0].lower() not in _OF_A_CONNECTION)


def merged(requests: Iterable[PlainRequest]) -> tuple[PlainRequest, ...]:
    """Each request once, with the weights of all that are the same added up."""
    weights: dict[PlainRequest, float] = {}
    for each in requests:
        bare = each.weighing(1.0)
        weights[bare] = weights.get(bare, 0.0) + each.weight
    return tuple(each.weighing(weight) for each, weight in weights.items())
