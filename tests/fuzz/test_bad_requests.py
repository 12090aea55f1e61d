"""A thousand mutations of each way to name requests: they are read, or refused in one line."""

import gzip
import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from bench.errors import UsageError
from bench.load.scripts.script import ScriptLine
from bench.workloads.labels import labels
from bench.workloads.requests.access_log.replay import busiest, replay
from bench.workloads.requests.given import request_sets
from bench.workloads.requests.options import RequestOptions
from bench.workloads.secrets import recordable
from tests.fuzz.trying import MANY, message, mutants
from tests.workloads.requests.hars import document, entry

BASE = httpx.URL("http://127.0.0.1:8000/")
LISTS = [
    b"# paths\n/\n/prices/7?a=1&token=x 3\nPOST /quotes 2 -> 201\nhttps://h/a%20b\n\n/x 0.5\n",
    "/caf\N{LATIN SMALL LETTER E WITH ACUTE}\r\nDELETE /a -> 404 # gone\r\nhttp://u:p@h:81?x#y\r\n".encode(),
]  # fmt: skip
CURLS = [
    b"curl -sS 'http://h/x' -H 'Accept: */*' -d a=1 --data-raw \"b\" # 1\ncurl \\\n -G /y -d c\n",
    b"curl /x --json '{\"a\": 1}' -u ann:pw -b c=d --compressed -XPUT\ncurl -I http://u:p@h?q\n",
    rb"curl 'http://h/' --data-raw $'{\u0041\x41\101\n\'}' -H 'X:' -H 'Y;' --url-x -A me -e /r",
]  # fmt: skip
DOCUMENTS = [
    json.dumps({
        "openapi": "3.1.0",
        "paths": {
            "/": {"get": {}},
            "/a/{id}": {"parameters": [{"$ref": "#/components/parameters/id"}], "get": {}},
            "/b": {"get": {"parameters": [
                {"name": "q", "in": "query", "schema": {"default": [1, "x", None, {"a": 1.5}]}},
                {"name": "r", "in": "query", "examples": {"one": {"value": "\u00fc"}}},
            ]}},
        },
        "components": {"parameters": {"id": {"name": "id", "in": "path", "example": 7}}},
    }).encode(),
    b"""swagger: '2.0'
basePath: /v1
paths:
  /a/{id}:
    get: {parameters: [{name: id, in: path, type: string, enum: [x, 2026-01-31]}]}
  /b: &b
    get: {parameters: [{name: q, in: query, required: true, type: integer, minimum: -5}]}
  /c: {$ref: '#/paths/~1b'}
""",
]  # fmt: skip
LOGS = [
    b'1.2.3.4 - - [29/Nov/2026:18:51:25 +0000] "GET /x?token=abc HTTP/1.1" 200 12 "-" "curl"\n' * 3
    + b'::1 - a [29/Nov/2026:18:51:24 -0530] "HEAD http://h/\\x22 HTTP/1.0" 304 -\n',
    b"\n".join(
        (
            b'{"ts":1795978285.125,"request":{"method":"GET","uri":"/"},"duration":1,"status":200}',
            b'{"StartUTC":"2026-11-29T18:51:25.1Z","RequestMethod":"GET","RequestPath":"/"}',
            b'{"msec":"1795978285.125","request":"GET / HTTP/1.1","request_time":"0.1"}',
        )
    ),
    b'INFO:     127.0.0.1:53264 - "GET /items/1 HTTP/1.1" 200 OK\n',
    gzip.compress(b'a - - [29/Nov/2026:18:51:25 +0000] "GET / HTTP/1.1" 200 1\n' * 9, mtime=0),
]
HARS = [
    json.dumps(document(
        entry("https://h/x?token=abc", headers={":authority": "h", "Cookie": "a=b", "X": "\u00fc"}),
        entry("https://h/x", "POST", 201, headers={"Content-Length": "3"},
              postData={"mimeType": "text/plain; charset=latin-1", "text": "a=b"}),
        entry("https://h/up", "PUT", postData={"mimeType": "multipart/form-data", "params": [
            {"name": "f", "fileName": "a.txt", "contentType": "text/plain", "value": "abc"}]}),
        entry("https://h/x", "POST", postData={"text": "eA==", "encoding": "base64"}),
        entry("wss://h/ws", status=101, _resourceType="websocket"),
        entry("https://cdn/a.png", status=0, media="image/png"),
    ), indent=indent).encode()
    for indent in (None, 1)
]  # fmt: skip
EDITED = [
    b"\n".join(
        (
            b"@host = h:81",
            b"@a={{host}}/x",
            b"### one",
            b"# @name one",
            b"POST http://{{a}}?b=c HTTP/1.1",
            b"A: {{ a }}",
            b"Authorization: Basic a:b",
            b"",
            b'{"c": "{{host}}"}',
            b"",
            b"> {% client.test() %}",
            b"###",
            b"{{base}}/y",
        )
    ),
    b"\r\n".join(
        (
            b"GET /x",
            b"    /y",
            b"    ?a=1",
            b"Host: h",
            b"",
            b"###",
            b"PUT h/z",
            b"Content-Type: application/x-www-form-urlencoded",
            b"",
            b"a = b &",
            b"c=d",
            b"<> x.json",
        )
    ),
]
HEADERS = [b"Authorization: Bearer abc", b"X-A:\tb", b"Host: shop.test", b"a:"]
PATHS = [b"/prices/7?token=abc&b=c#d", b"https://u:p@shop.test/x", b"/\xc3\xbc/%7B{}|^"]
BODIES = [b'{"a": [1, 2.5e3, null, "\\u00fc"]}', b'"text"', b"[]"]


def read(options: RequestOptions, *, named: str = "") -> int:
    """Read what was named up to what is sent; returns whether it was refused, with one line."""
    try:
        found = request_sets(options)
    except UsageError as error:
        said = str(error)
        assert len(said.splitlines()) == 1, said
        assert said.encode()
        assert len(said) < 1000
        assert named in said
        return 1
    assert len(labels(found)) == len(found)
    for each in found:
        assert all(ScriptLine(exchange).wire for exchange in each.exchanges(BASE))
        assert each.digest
    return 0


@pytest.mark.parametrize(
    ("originals", "name", "seed"),
    [
        (LISTS, "urls", 31),
        (CURLS, "curl", 32),
        (DOCUMENTS, "openapi", 33),
        (LOGS, "access_logs", 39),
        (HARS, "har", 40),
        (EDITED, "http_files", 42),
    ],
)
def test_files(originals: list[bytes], name: str, seed: int, tmp_path: Path) -> None:
    """Whatever is in them; the file is named."""
    path = tmp_path / name
    refused = 0
    for text in mutants(originals, seed):
        path.write_bytes(text)
        value = str(path) if name in {"curl", "openapi"} else path
        refused += read(RequestOptions(**{name: (value,)}), named=str(path))  # type: ignore[arg-type]
    assert MANY / 5 < refused < MANY


@pytest.mark.parametrize(
    ("originals", "name", "seed"),
    [(PATHS, "paths", 34), (HEADERS, "headers", 35), (BODIES, "json", 36), (BODIES, "data", 37),
     (CURLS, "curl", 38)],
)  # fmt: skip
def test_options(originals: list[bytes], name: str, seed: int) -> None:
    """As a shell passes them on: whatever bytes they are, but NUL; and how they are recorded."""
    for text in mutants(originals, seed):
        word = text.replace(b"\0", b"").decode("utf-8", errors="surrogateescape")
        given = {"paths": ("/x",)} if name in {"headers", "json", "data"} else {}
        read(RequestOptions(**given, **{name: word if name in {"json", "data"} else (word,)}))  # type: ignore[arg-type]
        option = {"paths": "--path", "headers": "--header"}.get(name, f"--{name}")
        assert len(recordable([option, word])) == 2


def test_replays(tmp_path: Path) -> None:
    """Whatever times a log is found to have, a part of it is chosen, and sent in their order."""
    path = tmp_path / "access.log"
    found = 0
    for text in mutants(LOGS, 40):
        path.write_bytes(text)
        try:
            (read_log,) = request_sets(RequestOptions(access_logs=(path,), skip_bad_lines=True))
        except UsageError:
            continue
        log = read_log.log
        assert log is not None
        if log.times:
            times = np.sort(np.frombuffer(log.times, np.int64))
            made = replay(log, times, busiest(times, 1.0, 0.4, 2.0), 2.0, seed=1)
            assert sorted(made.due_ns) == list(made.due_ns)
            assert 0 <= made.record.requests <= len(made.order) <= len(times)
            assert made.record.window_s >= 0.4
            found += 1
    assert found > MANY / 5


@pytest.mark.long
@pytest.mark.parametrize(
    ("originals", "option", "seed"),
    [
        (LISTS, "--urls", 31),
        (CURLS, "--curl", 32),
        (DOCUMENTS, "--openapi", 33),
        (LOGS, "--access-log", 39),
        (HARS, "--har", 40),
        (EDITED, "--http-file", 42),
    ],
)
def test_the_program(originals: list[bytes], option: str, seed: int, tmp_path: Path) -> None:
    """The same files by the command line: exit 0 or 2, one line, no traceback."""
    path = tmp_path / "asked"
    for text in mutants(originals, seed):
        path.write_bytes(text)
        message("--app", "a:b", option, str(path), "--servers", "uvicorn", cwd=tmp_path)
