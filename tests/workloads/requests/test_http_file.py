"""Files of requests for editors: VS Code's REST Client, and JetBrains' HTTP Client."""

from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from bench.errors import UsageError
from bench.load.reckoning.samples import secrets_of
from bench.workloads.requests.http_file.reading import http_file
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet

BASE = httpx.URL("http://127.0.0.1:8000/")
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
SECRET = "s3cr3t-value"  # noqa: S105 - of nothing


def read(tmp_path: Path, text: str, *, skip: bool = False) -> RequestSet:
    """A file of this text."""
    path = tmp_path / "shop.http"
    path.write_text(text, encoding="utf-8")
    return http_file(path, skip=skip)


def only(tmp_path: Path, text: str) -> PlainRequest:
    """The one request of a text."""
    (found,) = read(tmp_path, text).requests
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/prices/7", PlainRequest("/prices/7")),
        ("GET https://shop.test/prices/7 HTTP/1.1", PlainRequest("/prices/7")),
        ("get\t/prices/7", PlainRequest("/prices/7")),
        ("DELETE shop.test:8000/x?a=b c", PlainRequest("/x?a=b%20c", "DELETE")),
        ("localhost:8000/a://b", PlainRequest("/a://b")),
        ("GET /x\n    /y\n    ?a=1\n    &b=2 HTTP/2", PlainRequest("/x/y?a=1&b=2")),
        ("GET /x\n?a=1\n&b=2", PlainRequest("/x?a=1&b=2")),
        ("GET {{host}}/x", PlainRequest("/x")),
        ("{{ base-url }}?a=1", PlainRequest("/?a=1")),
        ("@host = http://h:81\n@v=/api\nGET {{host}}{{v}}/x", PlainRequest("/api/x")),
    ],
)
def test_request_lines(line: str, expected: PlainRequest, tmp_path: Path) -> None:
    """With a method or without, over several lines, of a host that may be known elsewhere."""
    assert expected == only(tmp_path, line)


def test_headers_and_bodies(tmp_path: Path) -> None:
    """A body goes to the end, without empty lines about it and without comments."""
    found = only(
        tmp_path,
        "POST /x\nContent-Type: application/json\n# no header\nHost: shop.test\nX-A: a: b\n"
        'Content-Length: 7\n\n\n{\n  // no JSON\n  "a": "http://b",\n\n  "c": 1\n}\n\n\n',
    )
    assert found.headers == (JSON, ("X-A", "a: b"))
    assert found.body == b'{\n  "a": "http://b",\n\n  "c": 1\n}'


def test_several_requests(tmp_path: Path) -> None:
    """Names, comments, recorded answers and scripts are none; what scripts there are is said."""
    found = read(
        tmp_path,
        "### first\n# @name first\nGET https://a.test/1\n\n> {% client.test('x', () => {\n\n"
        "  client.assert(true); %}\n\n###\n// @no-log\n< {% request.variables.set('a', 1) %}\n"
        "GET https://b.test/2\n\n>> out.json\n<> old.json\n### answer\nHTTP/1.1 200 OK\n\nyes\n"
        "#####\n\nGET /3\nHost: c.test\n\n> handler.js\n###\n",
    )
    assert [each.shown for each in found.requests] == ["GET /1", "GET /2", "GET /3"]
    assert {each.body for each in found.requests} == {None}
    scripts, hosts = found.notes
    assert scripts.endswith("scripts are not run: lines 5, 11, 25")
    assert "the host a.test, b.test, c.test is not asked" in hosts


def test_the_same_request_twice_is_sent_twice_as_often(tmp_path: Path) -> None:
    """As it would be from the editor."""
    found = read(tmp_path, "/a\n###\n/b\n###\n/a")
    assert [(each.target, each.weight) for each in found.requests] == [("/a", 2), ("/b", 1)]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("a=1&b=2", b"a=1&b=2"),
        ("a = 1 &\nb = x y", b"a=1&b=x%20y"),
        ("a=1\n&b=%20+ü", b"a=1&b=%20+%C3%BC"),
        ("a", b"a"),
    ],
)
def test_forms(body: str, sent: bytes, tmp_path: Path) -> None:
    """In one line or several; encoded where they are not."""
    assert sent == only(tmp_path, f"POST /x\n{': '.join(FORM)}\n\n{body}\n").body


def test_forms_with_files_have_line_ends_of_their_own(tmp_path: Path) -> None:
    """As RFC 7578 wants them."""
    text = "POST /x\nContent-Type: multipart/form-data; boundary=b\n\n--b\nA: c\n\nd\n--b--\n"
    assert only(tmp_path, text).body == b"--b\r\nA: c\r\n\r\nd\r\n--b--"


def test_a_body_in_a_file(tmp_path: Path) -> None:
    """As it stands there, beside the file that names it."""
    (tmp_path / "photo.png").write_bytes(b"\x89PNG{{x}}\n")
    found = only(tmp_path, "POST /x\nContent-Type: image/png\n\n< ./photo.png\n")
    assert found.body == b"\x89PNG{{x}}\n"


@pytest.mark.parametrize("value", ["Basic ann:s3cr3t w", "basic ann s3cr3t w", "Basic {{u}}:{{p}}"])
def test_basic_authorization(value: str, tmp_path: Path) -> None:
    """Both editors encode it; what is encoded stays as it is."""
    encoded = "Basic " + b64encode(b"ann:s3cr3t w").decode()
    text = f"@u=ann\n@p=s3cr3t w\nGET /x\nAuthorization: {value}\n"
    assert only(tmp_path, text).headers == (("Authorization", encoded),)
    again = only(tmp_path, f"GET /x\nAuthorization: {encoded}\n")
    assert again.headers == (("Authorization", encoded),)


def test_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the file, wherever they stand, of the environment, and of a .env beside it."""
    monkeypatch.setenv("SHOP_NUMBER", "7")
    (tmp_path / ".env").write_text("SHOP_NAME=a b\nSHOP_OTHER=${SHOP_NAME}\n", encoding="utf-8")
    found = read(
        tmp_path,
        "GET /{{a}}/{{ b }}/{{$processEnv SHOP_NUMBER}}/{{$env.SHOP_NUMBER}}\nX-A: {{c}}\n###\n"
        "@a = 1\n@b={{a}}2\n@c = {{$dotenv SHOP_NAME}}\nPUT /x\n\n{{c}} {{$dotenv SHOP_OTHER}}",
    )
    first, second = found.requests
    assert (first.target, first.headers) == ("/1/12/7/7", (("X-A", "a b"),))
    assert second.body == b"a b ${SHOP_NAME}"


def test_secrets_in_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not shown wherever they stand: the name of the variable says what they are."""
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    monkeypatch.setenv("SHOP_PASSWORD", "a:b \nc")
    found = only(
        tmp_path,
        "@k = {{$processEnv SHOP_TOKEN}}\n@secret = s3cr3t {x}\n"
        "GET /bot/{{k}}/x?y={{k}}&z={{secret}}\nX-A: {{k}}\n\n{{$processEnv SHOP_PASSWORD}}",
    )
    assert found.shown == "GET /bot/***/x?y=***&z=***"
    assert "a:b \nc" in found.marks(BASE).secrets
    assert SECRET in found.marks(BASE).secrets
    request = found.to(BASE)
    assert SECRET in str(request.url)
    assert SECRET in secrets_of(request)


def test_given_headers_take_the_place_of_those_of_the_file(tmp_path: Path) -> None:
    """A token that is in no file."""
    path = tmp_path / "shop.http"
    path.write_text("GET /x\nauthorization: Bearer old\nX-A: 1\n", encoding="utf-8")
    (found,) = http_file(path, [("Authorization", "Bearer new")]).requests
    assert found.headers == (("X-A", "1"), ("Authorization", "Bearer new"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("# nothing\n@a = 1\n###\n", "has no request: write one, as 'GET /prices/7'"),
        ("\n\nBREW /x", "line 3: 'BREW' is no method"),
        ("GET /x\nno header\n", "line 2: a header is written"),
        ("GET /x\nX-A: {{nothing}}\n", r"line 2: {{nothing}} has no value: write '@nothing = ..."),
        ("GET /x/{{y}}\n", "line 1: {{y}} has no value"),
        ("GET {{a}}{{b}}/x\n", "line 1: {{b}} has no value"),
        ("POST /x\n\n{{$guid}}", r"line 3: {{\$guid}} is not known here, where a request is the"),
        ("POST /x\n\n{{login.response.body.token}}", "line 3: .* is of an earlier answer"),
        ("GET /{{$processEnv WB_NONE}}", "the environment variable WB_NONE is not set"),
        ("GET /{{$dotenv WB_NONE}}", "WB_NONE in '.*/.env' is not set"),
        ("@a = {{b}}\n@b = {{a}}\nGET /{{a}}", "line 3: its variables stand for each other in"),
        ("POST /x\n\n< ./none.json", "--http-file, line 3: '.*none.json' does not exist"),
        ("POST /x\n\na\n< ./none.json", "line 4: a file is read where it is the whole body"),
        ("POST /x\n\n<@ ./none.json", "line 3: a file is read where it is the whole body"),
        ("GRAPHQL /x\n\nquery", "line 1: GRAPHQL: GraphQL is sent as a POST with JSON"),
        ("POST /x\nX-Request-Type: GraphQL\n\nquery", "line 1: GraphQL is sent"),
        ("WEBSOCKET ws://h/x", "WebSockets need a workload with websocket"),
        ("curl -X GET /x", "commands of curl go to --curl"),
        ("import a.http", "other files are not read"),
        ("GET ftp://h/x", "line 1: 'ftp' is no scheme"),
        ("OPTIONS *", "is of a whole server: name a path"),
        ("/a\n###\nBREW /b\n###\nGET /{{c}}", "line 3: .*; line 5: .*value.*. --skip-bad"),
    ],
)  # fmt: skip
def test_a_bad_file(text: str, said: str, tmp_path: Path) -> None:
    """One line that names the file, and where it is wrong."""
    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path, text)
    assert "--http-file" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_variables_that_grow_without_end(tmp_path: Path) -> None:
    """Each twice the one before."""
    lines = "".join(f"@a{n + 1} = {{{{a{n}}}}}{{{{a{n}}}}}\n" for n in range(19))
    with pytest.raises(UsageError, match="its variables make it too long"):
        read(tmp_path, f"@a0 = {'x' * 100}\n{lines}GET /{{{{a19}}}}")


def test_requests_that_cannot_be_sent_are_left_out_if_asked(tmp_path: Path) -> None:
    """They are counted, and the first are named."""
    found = read(tmp_path, "/a\n###\nBREW /b\n###\n/c/{{d}}", skip=True)
    assert [each.target for each in found.requests] == ["/a"]
    assert "2 requests left out: line 3: 'BREW' is no method" in found.notes[0]
