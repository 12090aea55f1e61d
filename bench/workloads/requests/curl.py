"""Curl commands, as browsers and people write them: what they would send, for each server."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

from bench.errors import UsageError
from bench.workloads.requests.files import content_of, text_of
from bench.workloads.requests.plain_request import PlainRequest, header, sendable
from bench.workloads.requests.request_set import RequestSet, request_set
from bench.workloads.requests.targets import METHODS, Place, checked, method, place
from bench.workloads.requests.url_list import hosts_ignored
from bench.workloads.secrets import shown_target
from bench.workloads.shell import Command, words_of

OPTION: Final = "--curl"
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_LONG: Final = {
    "-X": "--request", "-H": "--header", "-d": "--data", "-u": "--user", "-b": "--cookie",
    "-G": "--get", "-I": "--head", "-A": "--user-agent", "-e": "--referer", "-o": "--output",
    "-s": "--silent", "-S": "--show-error", "-v": "--verbose", "-k": "--insecure",
    "-L": "--location", "-i": "--include", "-f": "--fail", "-N": "--no-buffer", "-g": "--globoff",
    "-m": "--max-time", "-w": "--write-out", "-c": "--cookie-jar", "-x": "--proxy",
    "-4": "--ipv4", "-6": "--ipv6", "-#": "--progress-bar", "-q": "--disable", "-E": "--cert",
    "-O": "--remote-name", "-0": "--http1.0",
}  # fmt: skip
_FLAGS: Final = frozenset({"--get", "--head", "--compressed"})
_NO_MATTER: Final = frozenset(
    {"--silent", "--show-error", "--verbose", "--insecure", "--location", "--include", "--fail",
     "--fail-with-body", "--no-buffer", "--globoff", "--ipv4", "--ipv6", "--progress-bar",
     "--disable", "--remote-name", "--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge",
     "--http3", "--no-keepalive", "--no-progress-meter", "--tcp-nodelay", "--path-as-is"}
)  # fmt: skip
"""Flags that change nothing of what is sent, or that servers are told by other options."""
_NO_MATTER_WITH_VALUE: Final = frozenset(
    {"--output", "--max-time", "--write-out", "--cookie-jar", "--proxy", "--connect-timeout",
     "--retry", "--retry-delay", "--retry-max-time", "--resolve", "--connect-to", "--cacert",
     "--cert", "--key", "--limit-rate"}
)  # fmt: skip
_DATA: Final = ("--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode")
_WITH_VALUE: Final = frozenset(
    {"--request", "--header", "--user", "--cookie", "--user-agent", "--referer", "--json", "--url",
     "--oauth2-bearer", *_DATA}
)  # fmt: skip


@dataclass
class _Asked:
    """What a command's options say, so far."""

    method: str | None = None
    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    defaults: dict[str, str] = field(default_factory=dict)  # headers, where none is given
    data: list[bytes] = field(default_factory=list)
    is_json: bool = False
    flags: set[str] = field(default_factory=set)


def curl(text: str) -> RequestSet:
    """Read a command, or a file of commands. Raises UsageError."""
    if text.lstrip().startswith("curl"):
        return _set(OPTION, text, None)
    path = Path(text)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise UsageError(
            f"{OPTION} is neither a command that begins with curl nor a file of such commands: "
            "put the command in quotes"
        )
    return _set(f"{OPTION} {str(path)!r}", text_of(path, OPTION), str(path.resolve()))


def _set(source: str, text: str, file: str | None) -> RequestSet:
    found: list[PlainRequest] = []
    hosts: dict[str, None] = {}
    try:
        for command in words_of(text):
            request, host = _request(command, source, in_file=file is not None)
            found.append(request)
            if host is not None:
                hosts[host] = None
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from error
    if not found:
        raise UsageError(f"{source} has no curl command: write one a line")
    if file is None:
        source = f"{OPTION} '{found[0].shown}'"
    return request_set(source, found, file, hosts_ignored(source, list(hosts)))


def _request(command: Command, source: str, *, in_file: bool) -> tuple[PlainRequest, str | None]:
    """What one command sends, and the host of its URL. Raises ValueError and UsageError."""
    try:
        return _read(command)
    except ValueError as error:
        if not in_file:
            raise
        raise UsageError(f"{source}, line {command.line}: {error}") from error


def _read(command: Command) -> tuple[PlainRequest, str | None]:
    """The same, wherever the command stands."""
    first, *words = command.words
    if first != "curl":
        raise ValueError(f"{first!r:.40} is no curl command")
    asked = _Asked()
    for name, value in _options(words):
        _take(asked, name, value)
    return _made(asked)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options by their long names, each with its value; URLs as --url. Raises ValueError."""
    left = iter(words)
    for word in left:
        if word == "--":
            yield from (("--url", each) for each in left)
        elif word.startswith("--"):
            yield _long(word, left)
        elif word.startswith("-") and word != "-":
            yield from _short(word, left)
        else:
            yield "--url", word


def _long(word: str, left: Iterator[str]) -> tuple[str, str]:
    if word in _FLAGS | _NO_MATTER:
        return word, ""
    if word in _WITH_VALUE | _NO_MATTER_WITH_VALUE:
        return word, _next(word, left)
    raise ValueError(
        f"option {word!r:.40} of curl is not known here: leave it out, if it does not change what "
        "is sent"
    )


def _short(word: str, left: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Letters in a row, the last with a value that may be glued to it, as in -sXPOST."""
    for at in range(1, len(word)):
        letter = f"-{word[at]}"
        name = _LONG.get(letter)
        if name is None:
            raise ValueError(
                f"option {letter!r:.40} of curl is not known here: leave it out, if it does not "
                "change what is sent"
            )
        if name in _FLAGS | _NO_MATTER:
            yield name, ""
            continue
        yield name, word[at + 1 :] or _next(letter, left)
        return


def _next(option: str, left: Iterator[str]) -> str:
    value = next(left, None)
    if value is None:
        raise ValueError(f"option {option} of curl lacks its value")
    return value


def _take(asked: _Asked, name: str, value: str) -> None:
    """Note what an option says. Raises ValueError and UsageError."""
    if name in _FLAGS:
        asked.flags.add(name)
    elif name in _DATA:
        asked.data.append(_data(name, value))
    elif name in _TAKEN:
        _TAKEN[name](asked, value)


def _take_header(asked: _Asked, value: str) -> None:
    if value.startswith("@"):
        raise ValueError("-H @FILE is not read: write each header with -H 'Name: value'")
    if value.endswith(";") and ":" not in value:
        value = f"{value[:-1]}:"
        asked.headers.append(header(value))
        return
    name, text = header(value)
    if text:
        asked.headers.append((name, text))
    else:
        asked.removed.add(name.lower())


def _take_cookie(asked: _Asked, value: str) -> None:
    if "=" not in value:
        raise ValueError("-b FILE is not read: write the cookies as -b 'name=value'")
    asked.defaults["Cookie"] = header(f"Cookie: {value}")[1]


def _take_json(asked: _Asked, value: str) -> None:
    asked.is_json = True
    asked.data.append(_data("--json", value))


def _basic(user: str) -> str:
    return "Basic " + b64encode(user.encode(errors="surrogateescape")).decode()


def _set_default(name: str) -> Callable[[_Asked, str], None]:
    def take(asked: _Asked, value: str) -> None:
        asked.defaults[name] = header(f"{name}: {value}")[1]

    return take


def _take_user(asked: _Asked, value: str) -> None:
    asked.defaults["Authorization"] = _basic(value if ":" in value else f"{value}:")


def _take_bearer(asked: _Asked, value: str) -> None:
    asked.defaults["Authorization"] = header(f"Authorization: Bearer {value}")[1]


def _take_method(asked: _Asked, value: str) -> None:
    asked.method = method(value)


def _take_url(asked: _Asked, value: str) -> None:
    asked.urls.append(value)


_TAKEN: Final[dict[str, Callable[[_Asked, str], None]]] = {
    "--request": _take_method,
    "--header": _take_header,
    "--cookie": _take_cookie,
    "--json": _take_json,
    "--user": _take_user,
    "--oauth2-bearer": _take_bearer,
    "--user-agent": _set_default("User-Agent"),
    "--referer": _set_default("Referer"),
    "--url": _take_url,
}


def _data(name: str, value: str) -> bytes:
    """The bytes that an option of data adds. Raises UsageError and ValueError."""
    if name == "--data-urlencode":
        return _urlencoded(value)
    if name == "--data-raw" or not value.startswith("@"):
        return value.encode(errors="surrogateescape")
    if value == "@-":
        raise ValueError(f"{name} @- would read from the terminal: name a file")
    content = content_of(Path(value[1:]), f"{OPTION} {name}")
    if name in {"--data", "--data-ascii"}:
        return content.replace(b"\r", b"").replace(b"\n", b"")  # as curl does
    return content


def _urlencoded(value: str) -> bytes:
    if "@" in value and "=" not in value:
        raise ValueError("--data-urlencode with a file is not read: write its content")
    name, equals, content = value.partition("=")
    if not equals:
        name, content = "", value
    encoded = quote_plus(content, errors="surrogateescape")
    return (f"{name}={encoded}" if name else encoded).encode(errors="surrogateescape")


def _made(asked: _Asked) -> tuple[PlainRequest, str | None]:
    """The request of all options together. Raises ValueError."""
    where = _where(asked.urls)
    body = (b"" if asked.is_json else b"&").join(asked.data) if asked.data else None
    target = where.target
    if "--get" in asked.flags and body is not None:
        added = place("/?" + body.decode(errors="surrogateescape")).target[2:]
        target += ("&" if "?" in target else "?") + added
        body = None
    if "--head" in asked.flags and body is not None:
        raise ValueError("-I sends no data: add -G, or leave one of them out")
    if where.user is not None:
        asked.defaults.setdefault("Authorization", _basic(where.user))
    if body is not None:
        asked.defaults["Content-Type"] = _JSON if asked.is_json else _FORM
    if asked.is_json:
        asked.defaults["Accept"] = _JSON
    if "--compressed" in asked.flags:
        asked.defaults["Accept-Encoding"] = "gzip, deflate"
    named = asked.method or ("HEAD" if "--head" in asked.flags else None)
    chosen = named or ("GET" if body is None else "POST")
    request = PlainRequest(target, chosen, _headers(asked), body)
    return checked(request), where.host


def _where(urls: Sequence[str]) -> Place:
    if len(urls) != 1:
        several = ", ".join(f"{shown_target(each)!r:.40}" for each in urls[:3])
        raise ValueError(
            f"a command has one URL, and this has {len(urls)}{f': {several}' if urls else ''}; a "
            f"method is named with -X {METHODS[0]}"
        )
    (url,) = urls
    return place(url if url.startswith("/") or "://" in url else f"http://{url}")


def _headers(asked: _Asked) -> tuple[tuple[str, str], ...]:
    """Those that were given, and those that follow from options, unless they were removed."""
    known = {name.lower() for name, _ in asked.headers} | asked.removed
    implied = [each for each in asked.defaults.items() if each[0].lower() not in known]
    return sendable([*asked.headers, *implied])
