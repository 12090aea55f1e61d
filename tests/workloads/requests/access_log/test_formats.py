"""What one line of an access log says, in each format."""

import json

import pytest

from bench.workloads.requests.access_log.entry import LogEntry, request_line
from bench.workloads.requests.access_log.formats import read_log_line
from bench.workloads.requests.access_log.times import duration_ns, shown_time, time_ns

AT_NS = 1_795_978_285_000_000_000  # 2026-11-29 18:51:25 UTC
CADDY = {
    "level": "info", "ts": 1795978285.123456, "logger": "http.log.access",
    "msg": "handled request", "duration": 0.000456, "size": 12, "status": 200,
    "request": {"proto": "HTTP/2.0", "method": "GET", "host": "h", "uri": "/x?a=1", "headers": {}},
}  # fmt: skip
TRAEFIK = {
    "ClientHost": "1.2.3.4", "DownstreamStatus": 404, "Duration": 12_345_678,
    "RequestMethod": "HEAD", "RequestPath": "/x?a=1", "RequestProtocol": "HTTP/1.1",
    "StartUTC": "2026-11-29T18:51:25.123456789Z", "time": "2026-11-29T18:51:26Z", "level": "info",
}  # fmt: skip
NGINX = {
    "time_iso8601": "2026-11-29T19:51:25+01:00", "request_method": "GET", "uri": "/x",
    "request_uri": "/x?a=1", "status": "200", "request_time": "0.250", "remote_addr": "1.2.3.4",
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '1.2.3.4 - ann [29/Nov/2026:18:51:25 +0000] "GET /x?a=1 HTTP/1.1" 200 12',
            LogEntry("common", AT_NS, "GET", "/x?a=1", 200),
        ),
        (
            '::1 - - [29/Nov/2026:13:21:25 -0530] "HEAD /x HTTP/2.0" 304 - "-" "Mozilla/5.0 (X)"',
            LogEntry("combined", AT_NS, "HEAD", "/x", 304),
        ),
        (
            'shop.test:443 1.2.3.4 - a b [29/Nov/2026:18:51:25.250 +0000] "GET / HTTP/1.1" 200 1',
            LogEntry("common", AT_NS + 250_000_000, "GET", "/", 200),
        ),
        (
            '- - [29/Nov/2026:18:51:25 +0000] "GET /x 1.1" 200 - "-" "curl"',
            LogEntry("combined", AT_NS, "GET", "/x", 200),
        ),
        (
            r'1.2.3.4 - - [29/Nov/2026:18:51:25 +0000] "\x16\x03\x01" 400 157 "-" "-"',
            LogEntry("combined", AT_NS, "", "", 400),
        ),
        (
            '1.2.3.4 - - [29/Nov/2026:18:51:25 +0000] "-" 408 0 "-" "-"',
            LogEntry("combined", AT_NS, "", "", 408),
        ),
        (
            '1.2.3.4 - - [29/Nov/2026:18:51:25 +0000] "GET /x HTTP/1.1" 499 0 "-" "-"',
            LogEntry("combined", AT_NS, "GET", "/x", None),
        ),
        (
            'INFO:     127.0.0.1:53264 - "GET /items/1?q=a%20b HTTP/1.1" 200 OK',
            LogEntry("uvicorn", None, "GET", "/items/1?q=a%20b", 200),
        ),
        (
            json.dumps(CADDY),
            LogEntry("JSON of Caddy", AT_NS + 123_000_000, "GET", "/x?a=1", 200),
        ),
        (
            f"Nov 29 18:51:25 web caddy[7]: {json.dumps(CADDY)}",
            LogEntry("JSON of Caddy", AT_NS + 123_000_000, "GET", "/x?a=1", 200),
        ),
        (
            json.dumps(TRAEFIK),
            LogEntry("JSON of Traefik", AT_NS + 123_456_789, "HEAD", "/x?a=1", 404),
        ),
        (json.dumps(NGINX), LogEntry("JSON", AT_NS, "GET", "/x?a=1", 200)),
        (
            '{"msec": "1795978285.500", "request_time": 0.25, "request": "GET /x HTTP/1.1"}',
            LogEntry("JSON", AT_NS + 250_000_000, "GET", "/x", None),
        ),
        (
            '{"@timestamp": "2026-11-29T18:51:25Z", "method": "GET", "uri": "/x", "args": "a=1"}',
            LogEntry("JSON", AT_NS, "GET", "/x?a=1", None),
        ),
    ],
)  # fmt: skip
def test_a_line(line: str, expected: LogEntry) -> None:
    """Times are those of the beginning, where a line says how long the request took."""
    assert expected == read_log_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "GET /x", "INFO:     Started server process [7]", "{", "[]", '{"level": "info"}', "\ufffd",
        '{"method": 1, "path": 2}', f'{"[" * 10_000}', '{"request": {"method": "GET"}}',
        '1.2.3.4 - - [31/Feb/2026:18:51:25 +0000] "GET / HTTP/1.1" 200 1',
        '1.2.3.4 - - [29/Nov/9026:18:51:25 +0000] "GET / HTTP/1.1" 200 1',
        '1.2.3.4 - - [29/Nov/2026:18:51:25 +9999] "GET / HTTP/1.1" 200 1',
        '1.2.3.4 - - [29/Nov/2026:18:51:25] "GET / HTTP/1.1" 200 1',
        '{"ts": 1e999999999, "method": "GET", "uri": "/"}',
        '{"ts": NaN, "method": "GET", "uri": "/"}', '{"ts": true, "method": "GET", "uri": "/"}',
    ],
)  # fmt: skip
def test_what_is_no_line_of_a_log(line: str) -> None:
    """Said in words, whatever it is."""
    with pytest.raises(ValueError, match=r"\w"):
        read_log_line(line)


@pytest.mark.parametrize(
    ("value", "expected_ns"),
    [
        (1_795_978_285, AT_NS),
        (1_795_978_285_250, AT_NS + 250_000_000),
        (1_795_978_285_000_007, AT_NS + 7_000),
        ("1795978285000000007", AT_NS + 7),
        ("2026-11-29 18:51:25,250", AT_NS + 250_000_000),
        ("2026-11-29T18:51:25.1234567891Z", AT_NS + 123_456_789),
        ("2026-11-29T20:51:25+0200", AT_NS),
        ("[29/Nov/2026:18:51:25 +0000]", AT_NS),
    ],
)
def test_times(value: object, expected_ns: int) -> None:
    """Numbers of any unit, and texts, to the nanosecond."""
    assert expected_ns == time_ns(value)


def test_durations_and_how_times_are_shown() -> None:
    """What is no number of seconds is none; milliseconds are shown where there are some."""
    assert duration_ns("0.250") == 250_000_000
    assert duration_ns("1.2ms") == duration_ns(None) == duration_ns(-1) == 0
    assert shown_time(AT_NS) == "2026-11-29 18:51:25"
    assert shown_time(AT_NS + 5_000_000) == "2026-11-29 18:51:25.005"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET / HTTP/1.1", ("GET", "/")),
        ("GET /", ("GET", "/")),
        ("GET /a b HTTP/1.1", ("GET", "/a b")),
        (r"GET /\x22\xE2\x82\xAC HTTP/1.1", ("GET", '/"\N{EURO SIGN}')),
        (r"GET /\"q\" HTTP/1.1", ("GET", '/"q"')),
        ("get / HTTP/1.1", ("", "")),
        ("", ("", "")),
    ],
)
def test_request_lines(text: str, expected: tuple[str, str]) -> None:
    """As nginx and Apache escape them."""
    assert expected == request_line(text)


@pytest.mark.parametrize(
    ("method", "target", "status", "why"),
    [
        ("GET", "/x", 200, None),
        ("HEAD", "https://h/x", None, None),
        ("POST", "/x", 200, "POST"),
        ("GET", "/ws", 101, "WebSocket"),
        ("GET", "*", 400, "no path"),
        ("", "", 400, "no HTTP request"),
    ],
)
def test_what_is_left_out(method: str, target: str, status: int | None, why: str | None) -> None:
    """A log has no bodies, and some of its lines no request."""
    assert why == LogEntry("common", None, method, target, status).why_left_out
