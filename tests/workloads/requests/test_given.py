"""Options that name requests: each path a workload, and what excludes what."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bench.errors import UsageError
from bench.workloads.labels import labels
from bench.workloads.requests.given import request_sets
from bench.workloads.requests.options import RequestOptions
from bench.workloads.requests.plain_request import PlainRequest

BASE = httpx.URL("http://127.0.0.1:8000/")


def only(**options: object) -> PlainRequest:
    """The one request of these options."""
    (found,) = request_sets(replace(RequestOptions(paths=("/x",)), **options))  # type: ignore[arg-type]
    (request,) = found.requests
    return request


def test_each_path_is_a_workload() -> None:
    """Called by its path, with a method that is no GET."""
    found = request_sets(RequestOptions(paths=("/prices/7", "/prices/8?token=abcd")))
    assert labels(found) == ("/prices/7", "/prices/8?token=***")
    (posted,) = request_sets(RequestOptions(paths=("/quotes",), json="[]"))
    assert labels([posted]) == ("POST /quotes",)


def test_labels_are_told_apart(tmp_path: Path) -> None:
    """Files by their folders, requests to one path by a number."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "urls.txt").write_text(f"/{folder}\n")
    found = request_sets(
        RequestOptions(
            paths=("/x",),
            curl=("curl /x -H 'A: 1'",),
            urls=(tmp_path / "a" / "urls.txt", tmp_path / "b" / "urls.txt"),
        )
    )
    assert labels(found) == ("/x", "a/urls", "b/urls", "/x (2)")


def test_a_long_path_has_a_short_label() -> None:
    """It is a heading of tables."""
    (found,) = request_sets(RequestOptions(paths=("/" + "x" * 500,)))
    assert len(found.label) <= 80


def test_what_is_sent(tmp_path: Path) -> None:
    """Headers, JSON, text as a form, a file with the type of its name."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG")
    json_type = ("Content-Type", "application/json")
    form = ("Content-Type", "application/x-www-form-urlencoded")
    assert only(headers=("X-A: 1",)).headers == (("X-A", "1"),)
    assert only(json='{"a": 1}') == PlainRequest("/x", "POST", (json_type,), b'{"a": 1}')
    assert only(data="a=1", method="put") == PlainRequest("/x", "PUT", (form,), b"a=1")
    assert only(data=str(photo)).headers == (("Content-Type", "image/png"),)
    assert only(data=f"@{photo}").body == b"\x89PNG"
    assert only(json="1", headers=("content-type: x/y",)).headers == (("content-type", "x/y"),)


def test_the_request_to_a_server() -> None:
    """The bytes of the path as they were named, below the server's own address."""
    request = PlainRequest("/a%2Fb?x=%20&y", headers=(("X-A", "é"),)).to(BASE)
    assert request.url.raw_path == b"/a%2Fb?x=%20&y"
    assert request.headers["host"] == "127.0.0.1:8000"
    assert request.headers.raw[-1] == (b"X-A", "é".encode())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": ("x",)}, "--path: 'x' is neither a path"),
        ({"paths": ("",)}, "--path: '' is neither"),
        ({"paths": ("/x", "/x")}, "--path '/x' sends what --path '/x' does"),
        ({"paths": ("http://u:secretpw@h/",)}, "has a password in it"),
        ({"paths": ("/x",), "method": "FROB"}, "--method: 'FROB' is no method"),
        ({"paths": ("/x",), "json": "{" }, "no JSON, at character 2: Expecting property name"),
        ({"paths": ("/x",), "json": "[" * 100_000}, "--json is no JSON"),
        ({"paths": ("/x",), "json": "@nowhere"}, "'nowhere' does not exist"),
        ({"paths": ("/x",), "data": "@nowhere"}, "'nowhere' does not exist"),
        ({"paths": ("/x",), "json": "1", "data": "1"}, "exclude each other"),
        ({"paths": ("/x",), "headers": ("novalue",)}, "--header: .*no colon"),
        ({"paths": ("/x",), "headers": ("A: \x01",)}, "cannot be sent"),
        ({"method": "PUT"}, "--method needs --path"),
        ({"json": "1"}, "--json needs --path"),
        ({"headers": ("A: 1",)}, "--header needs --path"),
        ({"skip_bad_lines": True}, "--skip-bad-lines needs --urls"),
        ({"har_host": "x"}, "--har-host needs --har"),
    ],
)  # fmt: skip
def test_bad_options(options: dict[str, object], said: str) -> None:
    """One line, and no secret in it."""
    with pytest.raises(UsageError, match=said) as caught:
        request_sets(RequestOptions(**options))  # type: ignore[arg-type]
    assert "secretpw" not in str(caught.value)


@pytest.mark.parametrize("option", ["urls", "har", "http_files", "access_logs"])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("locustfile.py", "from locust import HttpUser\n", "is a locustfile, which is not supp"),
        ("load.js", "import http from 'k6/http'", "is a k6 script, which is not supported: name"),
    ],
)
def test_scripts_of_other_tools(
    option: str, name: str, text: str, said: str, tmp_path: Path
) -> None:
    """In one line, that says what to use instead."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        request_sets(RequestOptions(**{option: (path,)}))  # type: ignore[arg-type]
    assert "--har FILE" in str(caught.value)


@pytest.mark.parametrize(
    ("option", "name", "text", "meant"),
    [
        ("urls", "shop.har", '{"log": {}}', "--har"),
        ("har", "shop.http", "GET /", "--http-file"),
        ("http_files", "shop.txt", ' {\n"log" : {}}', "--har"),
        ("access_logs", "shop.rest", "GET /", "--http-file"),
    ],
)
def test_a_file_of_another_option(
    option: str, name: str, text: str, meant: str, tmp_path: Path
) -> None:
    """The option that takes it is named."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError, match=f"looks like {meant} .*{name}: name it so"):
        request_sets(RequestOptions(**{option: (path,)}))  # type: ignore[arg-type]


def test_identity() -> None:
    """What is sent, and how often, decides; another token does not."""
    digests = [
        request_sets(RequestOptions(paths=(path,), headers=headers))[0].digest
        for path, headers in (
            ("/x", ()),
            ("/y", ()),
            ("/x", ("A: 1",)),
            ("/x", ("Authorization: a",)),
            ("/x", ("Authorization: b",)),
        )
    ]
    assert len(set(digests)) == 4
    assert digests[3] == digests[4]


def test_what_takes_long_to_read_is_said(tmp_path: Path) -> None:
    """Before it is read; what is short, or is not there, is read without a word."""
    short, long = tmp_path / "short.log", tmp_path / "long.log"
    line = '1.2.3.4 - - [29/Nov/2026:18:51:25 +0000] "GET /x HTTP/1.1" 200 5'
    short.write_text(f"{line}\n")
    long.write_text(f"{line} {'x' * 60_000}\n" * 200)
    said: list[str] = []
    request_sets(RequestOptions(access_logs=(short,)), phase=said.append)
    with pytest.raises(UsageError, match="does not exist"):
        request_sets(RequestOptions(access_logs=(tmp_path / "none",)), phase=said.append)
    assert not said
    request_sets(RequestOptions(access_logs=(long,)), phase=said.append)
    assert said == [f"reading {long}, 12 MB"]
