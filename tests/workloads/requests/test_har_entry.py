"""What an entry of a HAR sends: its path, headers, cookies and body, as exporters write them."""

from typing import Any

import pytest

from bench.workloads.requests.har.body import NotWholeError
from bench.workloads.requests.har.entry import HarEntry, LeftOutKind, read_entry
from bench.workloads.requests.plain_request import PlainRequest
from tests.workloads.requests.hars import entry

URL = "https://shop.test/x"
JSON = {"content-type": "application/json"}
FORM = "application/x-www-form-urlencoded"
TEXT = "text/plain"
LATIN = "text/plain; charset=latin-1"


def sent(written: Any, *given: tuple[str, str]) -> PlainRequest:
    """The request of an entry."""
    found = read_entry(written)
    assert isinstance(found, HarEntry), found
    return found.plain(given)


def posted(content: Any, headers: dict[str, str] | None = None, **more: Any) -> PlainRequest:
    """The request of a POST with this postData."""
    return sent(entry(URL, "POST", headers=headers, postData=content, **more))


def data(kind: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A postData."""
    return {"mimeType": kind, "text": text, **more}


def test_path_and_status() -> None:
    """The query as it stands in the URL; no fragment; the status is not demanded."""
    found = sent(entry("https://shop.test/a%20b?x=1&y=ü#z", "get", 404))
    assert found == PlainRequest("/a%20b?x=1&y=%C3%BC")
    assert (found.status, found.logged) == (None, 404)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.test/", "shop.test"),
        ("https://shop.test:443/", "shop.test"),
        ("http://shop.test:80", "shop.test"),
        ("http://shop.test:443/", "shop.test:443"),
        ("http://u:p@shop.test:8000/", "shop.test:8000"),
        ("http://[::1]:8000/", "[::1]:8000"),
    ],
)
def test_host(url: str, host: str) -> None:
    """With a port that is not the scheme's."""
    found = read_entry(entry(url))
    assert isinstance(found, HarEntry)
    assert host == found.host


def test_headers_of_http_2_and_of_a_connection_are_not_sent() -> None:
    """Nor Host, nor what the other side of the recording's connection was told."""
    headers = {
        ":authority": "shop.test", ":method": "GET", ":path": "/x", ":scheme": "https",
        "Host": "shop.test", "Connection": "keep-alive", "Content-Length": "0", "TE": "trailers",
        "Transfer-Encoding": "chunked", "Keep-Alive": "1", "Upgrade": "h2c", "HTTP2-Settings": "x",
        "Proxy-Authorization": "Basic x", "User-Agent": "Mozilla/5.0", "If-None-Match": '"a"',
    }  # fmt: skip
    kept = (("User-Agent", "Mozilla/5.0"), ("If-None-Match", '"a"'))
    assert sent(entry(URL, headers=headers)).headers == kept


def test_origin_and_referer_of_the_recorded_host_are_not_sent() -> None:
    """An app may refuse them at another address; those of a front end elsewhere are."""
    own = {"Origin": "https://shop.test", "Referer": "https://SHOP.test:443/a"}
    assert sent(entry(URL, headers=own)).headers == ()
    other = {"Origin": "https://front.test", "Referer": "https://front.test/a"}
    assert sent(entry(URL, headers=other)).headers == tuple(other.items())
    odd = {"Origin": "null", "Referer": "http://[x"}
    assert sent(entry(URL, headers=odd)).headers == tuple(odd.items())


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("gzip, deflate, br, zstd", "gzip, deflate"), ("gzip;q=0.5, *;q=0", "gzip;q=0.5"), ("br", "")],
)
def test_encodings_that_can_be_looked_into(asked: str, kept: str) -> None:
    """Right answers are compared by their content."""
    expected = (("accept-encoding", kept),) if kept else ()
    assert expected == sent(entry(URL, headers={"accept-encoding": asked})).headers


def test_cookies() -> None:
    """One header; put together where HTTP/2 has sent several, or the list alone has them."""
    two = entry(URL, headers=[("cookie", "a=1"), ("cookie", "b=2")])
    assert sent(two).headers == (("Cookie", "a=1; b=2"),)
    listed = entry(URL, cookies=[{"name": "sid", "value": "abc"}, {"name": "x", "value": ""}])
    assert sent(listed).headers == (("Cookie", "sid=abc; x="),)
    both = entry(URL, headers={"Cookie": "a=1"}, cookies=[{"name": "a", "value": "1"}])
    assert sent(both).headers == (("Cookie", "a=1"),)


def test_a_given_header_takes_the_place_of_a_recorded_one() -> None:
    """A token that has run out."""
    recorded = entry(URL, headers={"authorization": "Bearer old", "Accept": "*/*"})
    given = ("Authorization", "Bearer new")
    assert sent(recorded, given).headers == (("Accept", "*/*"), given)
    assert sent(entry(URL, headers={"Cookie": "a=1"}), ("cookie", "b")).headers == (
        ("cookie", "b"),
    )


@pytest.mark.parametrize(
    ("content", "headers", "body", "kind"),
    [
        (data("application/json", '"ü"'), JSON, '"ü"', JSON["content-type"]),
        (data(TEXT, "x"), None, "x", TEXT),
        (data(FORM, "a=1&b=", params=[{"name": "a", "value": "1"}]), None, "a=1&b=", FORM),
        (data(FORM, params=[{"name": "a b", "value": "ü&"}]), None, "a+b=%C3%BC%26", FORM),
        ({"params": [{"name": "a", "value": "1"}, {"name": "c"}]}, None, "a=1&c=", FORM),
        (data(TEXT, "eA==", encoding="base64"), None, "x", TEXT),
        (data(TEXT, "eA==", _encoding="base64"), None, "x", TEXT),
        (data(LATIN, "ü"), {"content-length": "1"}, b"\xfc", LATIN),
        (data("text/plain; charset=none", "ü"), None, "ü", "text/plain; charset=none"),
    ],
)  # fmt: skip
def test_bodies(content: Any, headers: Any, body: str | bytes, kind: str) -> None:
    """Text before parameters; base64 where an exporter says so; in the charset of the type."""
    found = posted(content, headers)
    assert found.body == (body.encode() if isinstance(body, str) else body)
    assert dict(found.headers).get("Content-Type", dict(found.headers).get("content-type")) == kind


def test_a_form_with_a_file() -> None:
    """Of its parameters, with a boundary of its own, which the type names."""
    found = posted(
        {
            "mimeType": "multipart/form-data; boundary=----WebKit",
            "params": [
                {"name": "album", "value": "summer"},
                {"name": "p", "value": "abc", "fileName": 'a"b.txt', "contentType": "text/plain"},
            ],
        },
        {"content-type": "multipart/form-data; boundary=----WebKit"},
    )
    ((_, kind),) = found.headers
    boundary = kind.removeprefix("multipart/form-data; boundary=")
    assert (
        found.body
        == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="album"\r\n\r\nsummer\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="p"; filename="a%22b.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\nabc\r\n--{boundary}--\r\n"
        ).encode()
    )


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ({"mimeType": "x/y", "text": "a\N{REPLACEMENT CHARACTER}"}, {}),
        ({"mimeType": "x/y", "text": "abc"}, {"headers": {"Content-Length": "4"}}),
        ({"mimeType": "multipart/form-data", "params": [{"name": "f", "fileName": "a.png"}]}, {}),
        ({"mimeType": "x/y", "text": ""}, {"bodySize": 7}),
        (None, {"headers": {"content-length": "7"}}),
    ],
)
def test_bodies_that_the_file_does_not_have(content: Any, more: dict[str, Any]) -> None:
    """Binary, cut short, a file's content, or left away: another body is not sent in its place."""
    with pytest.raises(NotWholeError):
        posted(content, **more)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (entry("wss://shop.test/ws"), LeftOutKind.WEBSOCKET),
        (entry(URL, _resourceType="websocket"), LeftOutKind.WEBSOCKET),
        (entry(URL, status=101), LeftOutKind.WEBSOCKET),
        (entry("data:image/png;base64,AA"), LeftOutKind.SCHEME),
        (entry("chrome-extension://abc/x"), LeftOutKind.SCHEME),
        (entry("http://shop.test:443", "CONNECT"), LeftOutKind.METHOD),
        (entry(URL, "QUERY"), LeftOutKind.METHOD),
        (entry(URL, "OPTIONS", 204), LeftOutKind.PREFLIGHT),
        (entry(URL, status=0), LeftOutKind.UNANSWERED),
        (entry(URL, status=-1), LeftOutKind.UNANSWERED),
        (entry(URL, _fromCache="disk"), LeftOutKind.CACHED),
        (entry(URL, media="text/event-stream; charset=utf-8"), LeftOutKind.EVENTS),
    ],
)
def test_what_is_not_sent(written: Any, kind: LeftOutKind) -> None:
    """By its kind, to be counted."""
    assert kind == read_entry(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (7, "it: input should be a valid dictionary"),
        ({}, "request: field required"),
        ({"request": {"method": "GET"}, "response": {}}, "request.url: field required"),
        (entry(URL, "GET", headers=None, cookies="x"), "request.cookies: input should be a"),
        (entry("https:///x"), "its url has no host"),
        (entry("http://[x/"), "Invalid IPv6 URL"),
        (entry(URL, headers={"a b": "x"}), "'a b' is no name of a header"),
        (entry(URL, headers={"a": "x\r\nb: s3cr3t"}), "has characters that cannot be sent"),
        (entry(URL, "POST", postData={"text": "*", "encoding": "base64"}), "no base64"),
        ({**entry(URL), "response": {"status": "s3cr3t"}}, "response.status: input should be"),
    ],
)  # fmt: skip
def test_what_is_no_entry(written: Any, said: str) -> None:
    """What is wrong, and no value in it."""
    with pytest.raises(ValueError, match=said.replace("[", r"\[")) as caught:
        sent(written)
    assert "s3cr3t" not in str(caught.value)
