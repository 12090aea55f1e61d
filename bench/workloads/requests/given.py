"""From the options that name requests to sets of them."""

import json
import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.requests.access_log.requests import access_log
from bench.workloads.requests.curl import curl
from bench.workloads.requests.files import content_of
from bench.workloads.requests.har.reading import har
from bench.workloads.requests.http_file.reading import http_file
from bench.workloads.requests.openapi.reading import openapi
from bench.workloads.requests.options import RequestOptions
from bench.workloads.requests.plain_request import PlainRequest, header, sendable
from bench.workloads.requests.request_set import RequestSet, request_set
from bench.workloads.requests.targets import checked, method, place
from bench.workloads.requests.unsupported_formats import refuse_misnamed
from bench.workloads.requests.url_list import hosts_ignored, url_list
from bench.workloads.secrets import shown_target

_TYPE: Final = "Content-Type"
_FORM: Final = "application/x-www-form-urlencoded"
_BYTES: Final = "application/octet-stream"


def request_sets(
    options: RequestOptions, seed: int = 0, phase: Callable[[str], None] = lambda _: None
) -> tuple[RequestSet, ...]:
    """All sets that options name, each a workload. Raises UsageError.

    seed: draws samples. phase: is told how far long files are read.
    """
    _refuse_idle(options)
    for option, paths in (
        ("--urls", options.urls),
        ("--har", options.har),
        ("--http-file", options.http_files),
        ("--access-log", options.access_logs),
    ):
        for path in paths:
            refuse_misnamed(option, path)
    headers = [_header(text) for text in options.headers]
    found = (
        *_of_paths(options, headers),
        *(url_list(path, headers, skip=options.skip_bad_lines) for path in options.urls),
        *(curl(text) for text in options.curl),
        *(openapi(each, headers, writes=options.writes) for each in options.openapi),
        *(
            access_log(path, headers, skip=options.skip_bad_lines, seed=seed, phase=phase)
            for path in options.access_logs
        ),
        *(
            har(
                path,
                headers,
                host=options.har_host,
                skip=options.skip_bad_lines,
                seed=seed,
                phase=phase,
            )
            for path in options.har
        ),
        *(http_file(path, headers, skip=options.skip_bad_lines) for path in options.http_files),
    )
    seen: dict[tuple[PlainRequest, ...], str] = {}
    for each in found:
        if each.requests in seen:
            raise UsageError(f"{each} sends what {seen[each.requests]} does: name each once")
        seen[each.requests] = str(each)
    return found


def _refuse_idle(options: RequestOptions) -> None:
    """Refuse options that would have no effect."""
    for name in ("method", "json", "data"):
        if getattr(options, name) is not None and not options.paths:
            raise UsageError(f"--{name} needs --path, whose request it is of")
    if options.json is not None and options.data is not None:
        raise UsageError("--json and --data exclude each other: a request has one body")
    if options.headers and not options.takes_headers:
        raise UsageError(
            "--header needs --path, --urls, --openapi, --access-log, --har or --http-file, whose "
            "requests it is of"
        )
    if options.writes and not options.openapi:
        raise UsageError("--writes needs --openapi, whose requests it is of")
    if options.skip_bad_lines and not options.has_lines:
        raise UsageError(
            "--skip-bad-lines needs --urls, --access-log, --har or --http-file, whose lines it is "
            "of"
        )
    if options.har_host is not None and not options.har:
        raise UsageError("--har-host needs --har, of which it is a host")


def _header(text: str) -> tuple[str, str]:
    try:
        return header(text)
    except ValueError as error:
        raise UsageError(f"--header: {error}") from error


def _of_paths(options: RequestOptions, headers: list[tuple[str, str]]) -> Iterator[RequestSet]:
    """A set for each path."""
    body, kind = _body(options)
    if body is not None and not any(name.lower() == _TYPE.lower() for name, _ in headers):
        headers = [*headers, (_TYPE, kind)]
    try:
        chosen = method(options.method or ("GET" if body is None else "POST"))
    except ValueError as error:
        raise UsageError(f"--method: {error}") from error
    for text in options.paths:
        try:
            found = place(text)
            request = checked(PlainRequest(found.target, chosen, sendable(headers), body))
        except ValueError as error:
            raise UsageError(f"--path: {error}") from error
        if found.user is not None:
            raise UsageError("--path has a password in it: give it with --header")
        source = f"--path '{shown_target(found.target)[:80]}'"
        notes = hosts_ignored(source, [found.host] if found.host else [])
        yield request_set(source, [request], notes=notes)


def _body(options: RequestOptions) -> tuple[bytes | None, str]:
    """The body of requests to paths, and its type."""
    if options.json is not None:
        return _json(options.json), "application/json"
    if options.data is None:
        return None, ""
    text = options.data
    path = Path(text.removeprefix("@"))
    if text.startswith("@") or _is_file(path):
        return content_of(path, "--data"), mimetypes.guess_type(path.name)[0] or _BYTES
    return text.encode(errors="surrogateescape"), _FORM


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _json(text: str) -> bytes:
    """A body in JSON. Raises UsageError, which does not show it: it may hold a password."""
    content = (
        content_of(Path(text[1:]), "--json")
        if text.startswith("@")
        else text.encode(errors="surrogateescape")
    )
    try:
        json.loads(content)
    except (ValueError, RecursionError) as error:
        where = ""
        if isinstance(error, json.JSONDecodeError):
            where = f", at character {error.pos + 1}: {error.msg}"
        raise UsageError(f"--json is no JSON{where}") from error
    return content
