"""Parsing lines of access logs, in the formats that servers write."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bench.stats.units import NS_PER_S
from bench.workloads.requests.access_log.entry import LogEntry, request_line
from bench.workloads.requests.access_log.times import common_ns, duration_ns, time_ns

KNOWN: Final = "common, combined, JSON (of nginx, Caddy, Traefik), uvicorn"
_COMMON: Final = re.compile(
    r"\[(?P<at>\d{2}/[A-Z][a-z]{2}/\d{4}:[^\]]{1,40})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-) (?:\d+|-)(?P<agent> "(?:[^"\\]|\\.)*" ")?',
    re.ASCII,
)
_UVICORN: Final = re.compile(r' - "(?P<request>[A-Z][^"]*)" (?P<status>\d{3})\b', re.ASCII)
_STATUSES: Final = range(100, 600)
_CLIENT_CLOSED: Final = 499  # nginx: the client was gone before there was an answer
_METHODS: Final = ("RequestMethod", "request_method", "method")
_TARGETS: Final = ("RequestPath", "request_uri", "uri", "url", "path")
_QUERIES: Final = ("args", "query_string")
_STATUS: Final = ("DownstreamStatus", "status", "status_code")
_STARTS: Final = ("StartUTC", "StartLocal")
_ENDS: Final = (
    "msec", "ts", "time_iso8601", "@timestamp", "timestamp", "time", "time_local", "datetime",
)  # fmt: skip


def read_log_line(line: str) -> LogEntry:
    """Parse a line. Raises ValueError if it is not of an access log."""
    if line.startswith("{"):
        return _of_json(line)
    if found := _COMMON.search(line):
        method, target = request_line(found["request"])
        form = "combined" if found["agent"] else "common"
        return LogEntry(form, common_ns(found["at"]), method, target, _status(found["status"]))
    if found := _UVICORN.search(line):
        method, target = request_line(found["request"])
        return LogEntry("uvicorn", None, method, target, _status(found["status"]))
    start = line.find("{")
    if start > 0 and line.endswith("}"):  # after what a supervisor writes before each line
        return _of_json(line[start:])
    raise ValueError("it is no line of an access log")


def _of_json(line: str) -> LogEntry:
    try:
        found = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - one kind of error for all lines
    asked = found.get("request")
    if isinstance(asked, str):
        method, target = request_line(asked)
    else:
        method, target = _asked(asked if isinstance(asked, dict) else found)
    form = "JSON"
    if "RequestPath" in found:
        form = "JSON of Traefik"
    elif isinstance(asked, dict):
        form = "JSON of Caddy"
    return LogEntry(form, _began_ns(found), method, target, _status(_first(found, _STATUS)))


def _asked(found: Mapping[str, Any]) -> tuple[str, str]:
    """Method and target. Raises ValueError if there is no request."""
    method, target = _first(found, _METHODS), _first(found, _TARGETS)
    if not isinstance(method, str) or not isinstance(target, str):
        raise ValueError(  # noqa: TRY004 - as above
            f"its JSON has no request: no {_METHODS[1]} with a {_TARGETS[1]}, nor their like"
        )
    query = _first(found, _QUERIES)
    if "?" not in target and isinstance(query, str) and query not in {"", "-"}:
        target = f"{target}?{query.removeprefix('?')}"
    return method, target


def _began_ns(found: Mapping[str, Any]) -> int | None:
    """When a request arrived: lines are written when it ends, but some have its duration."""
    if (started := _first(found, _STARTS)) is not None:
        return time_ns(started)
    ended = _first(found, _ENDS)
    if ended is None:
        return None
    at_ns = time_ns(ended)
    if at_ns % NS_PER_S == 0:
        return at_ns  # in whole seconds: what it took is lost in them
    is_of_caddy = isinstance(found.get("request"), dict)
    return at_ns - duration_ns(found.get("duration" if is_of_caddy else "request_time"))


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), None)


def _status(value: Any) -> int | None:
    """A status; None where the log has none that an app has answered with."""
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 3:  # noqa: PLR2004 - its digits
        return None
    status = int(text)
    return status if status in _STATUSES and status != _CLIENT_CLOSED else None
