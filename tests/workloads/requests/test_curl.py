"""Curl commands: what they would send."""

from base64 import b64encode
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.workloads.requests.curl import curl
from bench.workloads.requests.plain_request import PlainRequest

FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")
ASKS_JSON = ("Accept", "application/json")
USER = ("Authorization", f"Basic {b64encode(b'ann:pw').decode()}")
BROWSER = r"""curl 'https://shop.test/quotes' \
  -H 'accept: */*' \
  -H 'content-type: application/json' \
  -H 'content-length: 12' \
  --data-raw $'{"it\'s":"\u00e9"}' \
  --compressed"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl http://h/x", PlainRequest("/x")),
        ("curl -sSL h:8000/x?a=1", PlainRequest("/x?a=1")),
        ("curl /x", PlainRequest("/x")),
        ("curl -XDELETE /x", PlainRequest("/x", "DELETE")),
        ("curl -I /x", PlainRequest("/x", "HEAD")),
        ("curl /x -d a=1 -d b=2", PlainRequest("/x", "POST", (FORM,), b"a=1&b=2")),
        ("curl -G /x?c=3 -d a=1 --data b=2", PlainRequest("/x?c=3&a=1&b=2")),
        ("curl /x --json '{}'", PlainRequest("/x", "POST", (JSON, ASKS_JSON), b"{}")),
        ("curl -X PUT /x --json '[1,' --json '2]'",
         PlainRequest("/x", "PUT", (JSON, ASKS_JSON), b"[1,2]")),
        ("curl /x -H 'Accept: text/html' -H 'X-A:' -H 'X-B;'",
         PlainRequest("/x", headers=(("Accept", "text/html"), ("X-B", "")))),
        ("curl /x -d a -H 'Content-Type: text/plain'",
         PlainRequest("/x", "POST", (("Content-Type", "text/plain"),), b"a")),
        ("curl /x -d a -H 'Content-Type:'", PlainRequest("/x", "POST", (), b"a")),
        ("curl -u ann:pw /x", PlainRequest("/x", headers=(USER,))),
        ("curl http://ann:pw@h/x", PlainRequest("/x", headers=(USER,))),
        ("curl -b a=1 /x", PlainRequest("/x", headers=(("Cookie", "a=1"),))),
        ("curl -A me -e http://r /x",
         PlainRequest("/x", headers=(("User-Agent", "me"), ("Referer", "http://r")))),
        ("curl --compressed /x",
         PlainRequest("/x", headers=(("Accept-Encoding", "gzip, deflate"),))),
        ("curl /x --data-urlencode 'q=a b&c'",
         PlainRequest("/x", "POST", (FORM,), b"q=a+b%26c")),
        ("curl -o /dev/null -w '%{http_code}' --max-time 3 /x", PlainRequest("/x")),
        (BROWSER, PlainRequest(
            "/quotes", "POST",
            (("accept", "*/*"), ("content-type", "application/json"),
             ("Accept-Encoding", "gzip, deflate")),
            '{"it\'s":"\u00e9"}'.encode())),
    ],
)  # fmt: skip
def test_a_command(command: str, expected: PlainRequest) -> None:
    """As curl would send it, without what is a connection's."""
    assert [expected] == list(curl(command).requests)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("curl", "this has 0"),
        ("curl /x /y", "this has 2: '/x', '/y'"),
        ("curl --frob /x", "option '--frob' of curl is not known"),
        ("curl -F a=b /x", "option '-F' of curl is not known"),
        ("curl -s?", "is not known"),
        ("curl /x -H", "option -H of curl lacks its value"),
        ("curl /x --data", "option --data of curl lacks its value"),
        ("curl '/x", "a quote is not closed"),
        ("curl /x -H novalue", "no colon"),
        ("curl /x -H 'a b: c'", "no name of a header"),
        ("curl /x -X FROB", "'FROB' is no method"),
        ("curl /x -d @-", "name a file"),
        ("curl /x -d @nowhere", "'nowhere' does not exist"),
        ("curl /x -b jar.txt", "-b FILE is not read"),
        ("curl ftp://h/x", "'ftp' is no scheme"),
        ("curl -I /x -d a", "-I sends no data"),
        ("curl /x; wget /y", "'wget' is no curl command"),
        ("wget /x", "neither a command that begins with curl nor a file"),
        ("curl /x --data '\0'\0", "cannot be read|neither|curl"),
    ],
)
def test_a_bad_command(command: str, said: str) -> None:
    """One line that names the option."""
    if "\0" in command:
        assert curl(command).requests  # a NUL can be sent in a body
        return
    with pytest.raises(UsageError, match=said):
        curl(command)


def test_bytes_of_files(tmp_path: Path) -> None:
    """-d leaves line ends out, as curl does; --data-binary and --json do not."""
    path = tmp_path / "body"
    path.write_bytes(b"a\r\nb\n")
    bodies = [curl(f"curl /x {option} @{path}").requests[0].body for option in
              ("-d", "--data-binary", "--json")]  # fmt: skip
    assert bodies == [b"ab", b"a\r\nb\n", b"a\r\nb\n"]


def test_a_file(tmp_path: Path) -> None:
    """A command a line, or over several; comments; the host is said to be ignored, once."""
    path = tmp_path / "asked.sh"
    path.write_text(
        "#!/bin/sh\ncurl http://h/a  # first\n\ncurl \\\n  http://h/b\ncurl http://h/a\n"
    )
    found = curl(str(path))
    assert [(each.target, each.weight) for each in found.requests] == [("/a", 2), ("/b", 1)]
    assert len(found.notes) == 1
    assert "the host h is not asked" in found.notes[0]


def test_a_file_with_a_bad_line(tmp_path: Path) -> None:
    """The line is named."""
    path = tmp_path / "asked.sh"
    path.write_text("curl /a\ncurl --frob /b\n")
    with pytest.raises(UsageError, match=r"asked\.sh', line 2: option '--frob'"):
        curl(str(path))
