"""Lists of URLs: what a line says, and which lines say nothing that can be sent."""

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.workloads.requests.plain_request import MOST_REQUESTS, PlainRequest
from bench.workloads.requests.url_list import read_line, url_list


@pytest.mark.parametrize(
    ("line", "request_", "host"),
    [
        ("/", PlainRequest("/"), None),
        ("/prices/7?a=1&b=2", PlainRequest("/prices/7?a=1&b=2"), None),
        ("/prices/7 3", PlainRequest("/prices/7", weight=3), None),
        ("/prices/7 0.5  # half as often", PlainRequest("/prices/7", weight=0.5), None),
        ("POST /orders 2 -> 201", PlainRequest("/orders", "POST", weight=2, status=201), None),
        ("/gone -> 404", PlainRequest("/gone", status=404), None),
        ("delete\t/x", PlainRequest("/x", "DELETE"), None),
        ("https://shop.test/a b".replace(" ", "%20"), PlainRequest("/a%20b"), "shop.test"),
        ("http://h:81?x=1#part", PlainRequest("/?x=1"), "h:81"),
        ("/caf\N{LATIN SMALL LETTER E WITH ACUTE}/{x}", PlainRequest("/caf%C3%A9/%7Bx%7D"), None),
    ],
)
def test_a_line(line: str, request_: PlainRequest, host: str | None) -> None:
    """Method before, weight after, the status behind an arrow; what is no ASCII is encoded."""
    assert (request_, host) == read_line(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("prices/7", "neither a path, as /prices/7, nor a URL"),
        ("ftp://h/x", "'ftp' is no scheme"),
        ("http:///x", "neither a path"),
        ("/x often", "'often' is no weight"),
        ("/x 0", "'0' is no weight"),
        ("/x nan", "'nan' is no weight"),
        ("/x -1", "'-1' is no weight"),
        ("/x 1e999", "is no weight"),
        ("/x 1 2", "'2' is one word too many"),
        ("/x -> abc", "the status that is right"),
        ("/x ->", "the status that is right"),
        ("/x -> 999", "999 is no status"),
        ("/x\x01", "control characters"),
        ("/" + "x" * 20_000, "too long"),
        ("GETT /x", "neither a path"),
    ],
)
def test_a_bad_line(line: str, said: str) -> None:
    """It says what is wrong with it."""
    with pytest.raises(ValueError, match=said):
        read_line(line)


def test_a_list(tmp_path: Path) -> None:
    """Comments and blank lines are none; the same request twice has twice the weight."""
    path = tmp_path / "urls.txt"
    path.write_text("# paths\n\n/a\n/b 2\r\n/a\nhttp://one.test/c\nhttp://two.test/c\n")
    found = url_list(path, [("X-Key", "v")], skip=False)
    assert [(e.target, e.weight) for e in found.requests] == [("/a", 2), ("/b", 2), ("/c", 2)]
    assert {(("X-Key", "v"),)} == {each.headers for each in found.requests}
    assert found.file == str(path)
    (note,) = found.notes
    assert "the host one.test, two.test is not asked" in note


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    """As editors save them."""
    path = tmp_path / "urls.txt"
    path.write_bytes("/ü\n".encode(encoding))
    assert [each.target for each in url_list(path, skip=False).requests] == ["/%C3%BC"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"# nothing\n", "has no request"),
        (b"/a\n\x00\x01\x02", "line 2: it is binary"),
        (b"/a\n/b\n/\xff\n", "line 3: it is no text in UTF-8"),
        ("/x\n".encode("utf-16-le"), "line 1: it is binary"),
        (b"/a\nb\nc d e\n/d\ne\nf\n", r"line 2: .*; line 3: .*; line 5: .*; and 1 more"),
        (b"".join(b"/%d\n" % n for n in range(MOST_REQUESTS + 1)), "16,385 requests: at most"),
    ],
)
def test_a_bad_list(content: bytes, said: str, tmp_path: Path) -> None:
    """One line that names the file, and where it is wrong."""
    path = tmp_path / "urls.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        url_list(path, skip=False)
    assert "urls.txt" in str(caught.value)


def test_bad_lines_are_left_out_only_if_asked(tmp_path: Path) -> None:
    """They are counted, and the first are named."""
    path = tmp_path / "urls.txt"
    path.write_text("/a\nb\n")
    found = url_list(path, skip=True)
    assert [PlainRequest("/a")] == list(found.requests)
    assert "1 line left out: line 2: 'b'" in found.notes[0]


def test_a_folder_and_what_is_not_there(tmp_path: Path) -> None:
    """Neither is a file."""
    with pytest.raises(UsageError, match="is no file"):
        url_list(tmp_path, skip=False)
    with pytest.raises(UsageError, match="does not exist"):
        url_list(tmp_path / "none", skip=False)
