"""Files of requests for editors (.http, .rest): each request as it would be sent from there."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.errors import UsageError
from bench.workloads.requests.files import content_of, text_of
from bench.workloads.requests.http_file.blocks import HttpBlock, Line, taken_apart
from bench.workloads.requests.http_file.variables import HttpVariables, leading, without_leading
from bench.workloads.requests.plain_request import PlainRequest, header, sendable
from bench.workloads.requests.request_set import RequestSet, request_set
from bench.workloads.requests.targets import Place, checked, method, place
from bench.workloads.requests.told import told
from bench.workloads.requests.url_list import SKIP, hosts_ignored

OPTION: Final = "--http-file"
_VERSION: Final = re.compile(r"\s+HTTP/[\d.]+\s*$", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_METHOD: Final = re.compile(r"([A-Za-z]+)\s+(?=\S)")
_ELSEWHERE: Final = {
    "GRAPHQL": "GraphQL is sent as a POST with JSON",
    "WEBSOCKET": "WebSockets need a workload with websocket(base_url)",
    "GRPC": "gRPC is not supported",
    "RSOCKET": "RSocket is not supported",
    "CURL": "commands of curl go to --curl",
    "IMPORT": "other files are not read: name each",
    "RUN": "other files are not read: name each",
}
_INCLUDED: Final = re.compile(r"<(@\w*)?\s+(\S.*?)\s*")
_FORM: Final = "application/x-www-form-urlencoded"
_OF_A_FORM: Final = "%+!$'()*,;:/?@=&-._~"  # what stands for itself, or is encoded already
_PASSWORD: Final = re.compile(r"(Basic)\s+(\S*?)(?::|\s+)(.*)", re.IGNORECASE)
_MOST_SCRIPTS: Final = 3  # that are named


def http_file(
    path: Path, headers: Sequence[tuple[str, str]] = (), *, skip: bool = False
) -> RequestSet:
    """Read a file; all its requests are sent equally often.

    headers: take the place of its own. skip: requests that cannot be sent are left out, and said.
    Raises UsageError.
    """
    source = f"{OPTION} {str(path)!r}"
    text = taken_apart(text_of(path, OPTION))
    found: list[PlainRequest] = []
    hosts: dict[str, None] = {}
    bad: list[str] = []
    for block in text.blocks:
        try:
            variables = HttpVariables(text.variables, path.parent)
            request, host = _request(block, variables, headers)
        except ValueError as error:
            said = str(error)
            bad.append(said if said.startswith("line ") else f"line {block.line}: {said}")
            continue
        found.append(request)
        if host is not None:
            hosts[host] = None
    if bad and (not skip or not found):
        raise UsageError(f"{source}: {told(bad)}. {SKIP} leaves such requests out")
    if not found:
        raise UsageError(f"{source} has no request: write one, as 'GET /prices/7'")
    notes = list(_notes(source, bad, text.scripts))
    return request_set(
        source, found, str(path.resolve()), [*notes, *hosts_ignored(source, list(hosts))]
    )


def _notes(source: str, bad: Sequence[str], scripts: Sequence[int]) -> Iterator[str]:
    if bad:
        yield f"{source}: {len(bad):,} request{'s' * (len(bad) > 1)} left out: {told(bad)}"
    if scripts:
        named = ", ".join(map(str, scripts[:_MOST_SCRIPTS]))
        more = len(scripts) - _MOST_SCRIPTS
        yield (
            f"{source}: scripts are not run: line{'s' * (len(scripts) > 1)} {named}"
            f"{f' and {more:,} more' if more > 0 else ''}"
        )


def _request(
    block: HttpBlock, variables: HttpVariables, given: Sequence[tuple[str, str]]
) -> tuple[PlainRequest, str | None]:
    """What one request sends, and the host that it names. Raises ValueError."""
    named, target = _start(block.start)
    where = _place(target, variables)
    pairs = [_header(line, variables) for line in block.headers]
    values = {name.lower(): value for name, value in reversed(pairs)}
    if values.get("x-request-type", "").lower() == "graphql":
        raise ValueError(_ELSEWHERE["GRAPHQL"])
    body = _body(block.body, values.get("content-type", "").lower(), variables)
    if where.user is not None and "authorization" not in values:
        pairs.append(("Authorization", _basic(where.user)))
    replaced = {name.lower() for name, _ in given} | {"host"}
    kept = [each for each in pairs if each[0].lower() not in replaced]
    secrets = tuple(sorted(_as_sent(variables.secrets), key=len, reverse=True))
    request = PlainRequest(where.target, named, sendable([*kept, *given]), body, secrets=secrets)
    return checked(request), values.get("host", where.host)


def _as_sent(secrets: Iterable[str]) -> set[str]:
    """Values as they are, and as they stand in a target."""
    found = set(secrets)
    for each in secrets:
        with suppress(ValueError):
            found.add(place(f"/{each}").target[1:])
    return found - {""}


def _start(start: str) -> tuple[str, str]:
    """Method and target of a request line; the method may be missing, and is GET then."""
    line = _VERSION.sub("", start)
    found = _METHOD.match(line)
    if found is None:
        return "GET", line
    word = found[1].upper()
    if word in _ELSEWHERE:
        raise ValueError(f"{word}: {_ELSEWHERE[word]}")
    return method(word), line[found.end() :].strip()


def _place(target: str, variables: HttpVariables) -> Place:
    """Where a request goes; the host may be a variable that the file does not know."""
    first = leading(target)
    if first is not None and not variables.knows(first):
        rest = variables.filled(without_leading(target))
        if rest[:1] in {"/", "?", ""}:
            bare = place(rest if rest.startswith("/") else f"/{rest}")
            return Place(bare.target, f"{{{{{first:.40}}}}}")
    filled = variables.filled(target)
    if filled == "*":
        raise ValueError("'*' is of a whole server: name a path")
    if filled.startswith("/") or _SCHEME.match(filled):
        return place(filled)
    return place(f"http://{filled}")


def _header(line: Line, variables: HttpVariables) -> tuple[str, str]:
    number, text = line
    try:
        name, value = header(variables.filled(text))
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error
    found = _PASSWORD.fullmatch(value) if name.lower() == "authorization" else None
    return name, value if found is None else _basic(f"{found[2]}:{found[3]}")


def _basic(user: str) -> str:
    return "Basic " + b64encode(user.encode()).decode()


def _body(lines: Sequence[Line], kind: str, variables: HttpVariables) -> bytes | None:
    """The bytes of a body, with line ends as its type wants them. Raises ValueError."""
    if not lines:
        return None
    included = [(number, found) for number, text in lines if (found := _INCLUDED.fullmatch(text))]
    if included:
        number, found = included[0]
        if len(lines) > 1 or found[1]:
            raise ValueError(
                f"line {number}: a file is read where it is the whole body, and no more"
            )
        return content_of(variables.folder / found[2], f"{OPTION}, line {number}:")
    filled = []
    for number, text in lines:
        try:
            filled.append(variables.filled(text))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    if kind.startswith(_FORM):
        return _form(filled).encode()
    return ("\r\n" if kind.startswith("multipart/") else "\n").join(filled).encode()


def _form(lines: Sequence[str]) -> str:
    """Fields in a line or several, with spaces about them, encoded where they are not yet."""
    pairs = "".join(line.strip() for line in lines).split("&")
    split = ((name.strip(), equals, value.strip()) for name, equals, value in map(_halves, pairs))
    return "&".join(quote("".join(each), safe=_OF_A_FORM) for each in split)


def _halves(pair: str) -> tuple[str, str, str]:
    return pair.partition("=")
