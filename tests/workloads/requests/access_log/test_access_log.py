"""A log as a set of requests: weights, statuses, what is left out, and what is said of it."""

import gzip
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.workloads.requests.access_log import reading
from bench.workloads.requests.access_log import requests as of_log
from bench.workloads.requests.access_log.entry import LogEntry
from bench.workloads.requests.access_log.requests import access_log
from bench.workloads.requests.access_log.sampling import Reservoir, gathered
from bench.workloads.requests.request_set import RequestSet
from tests.workloads.requests.access_log.lines import line

SECRET = "s3cr3t-of-a-query"  # noqa: S105 - of nothing


def read(path: Path, text: str | bytes, *, skip: bool = False) -> RequestSet:
    """Read a log of this text."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return access_log(path, skip=skip, seed=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a log is written."""
    return tmp_path / "access.log"


def test_requests_are_weighted_by_how_often_they_came(path: Path) -> None:
    """Each with the status that it mostly had, as if without conditional headers."""
    text = line("GET /b HTTP/1.1", 304) * 3 + line("GET /a HTTP/1.1", 404) * 2
    text += line("HEAD /b HTTP/1.1") + line("GET /a HTTP/1.1", 200) + line("GET /c HTTP/1.1", 499)
    found = read(path, text)
    assert [(each.method, each.target, each.weight, each.logged) for each in found.requests] == [
        ("GET", "/a", 3.0, 404), ("GET", "/b", 3.0, 200), ("HEAD", "/b", 1.0, 200),
        ("GET", "/c", 1.0, None),
    ]  # fmt: skip
    assert found.file == str(path)


def test_it_is_said_what_was_read_and_what_is_left_out(path: Path) -> None:
    """The format, the time, and how many requests of which methods."""
    text = line(second=7) + line("POST / HTTP/1.1") * 3 + line("-", 408) + line("PUT /x HTTP/1.1")
    text += line(f"GET /{'x' * 20_000} HTTP/1.1")
    (said,) = read(path, text).notes
    assert said == (
        f"--access-log '{path}': 7 lines in common format, 2026-11-29 18:51:00 to 2026-11-29 "
        "18:51:07 UTC; left out: 3 POST, 1 no HTTP request, 1 PUT, 1 that cannot be sent"
    )


def test_a_packed_log(path: Path) -> None:
    """By its content, whatever its name is; one that is damaged is refused."""
    packed = gzip.compress(b"\xef\xbb\xbf" + line().encode() * 5)
    (request,) = read(path, packed).requests
    assert request.weight == 5.0
    with pytest.raises(UsageError, match=r"access\.log' cannot be read.*ended"):
        read(path, packed[:-10])
    with pytest.raises(UsageError, match="cannot be read"):
        read(path, b"\x1f\x8b" + b"nothing")


def test_bad_lines_are_named_and_skipped_only_if_asked(path: Path) -> None:
    """The first few with their numbers; what stands in them is not repeated."""
    text = line() + f"token={SECRET}\n" + "\n" + "{\n" * 4
    with pytest.raises(UsageError) as refused:
        read(path, text)
    assert str(refused.value) == (
        f"--access-log '{path}': line 2: it is no line of an access log; line 4: it is no JSON; "
        "line 5: it is no JSON; and 2 more. Formats that are read: common, combined, JSON (of "
        "nginx, Caddy, Traefik), uvicorn; --skip-bad-lines leaves other lines out"
    )
    found = read(path, text, skip=True)
    assert "left out: 5 that cannot be read (line 2: it is no line" in found.notes[0]
    assert SECRET not in "".join(found.notes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\0\1\2", "is binary"),
        (b"\n\n", "has no GET or HEAD that can be sent"),
        (line("POST / HTTP/1.1").encode(), "has no GET or HEAD that can be sent; left out: 1 POST"),
        (b"hello\n", "line 1: it is no line of an access log"),
        (b"x" * 200_000, "line 1: it is no line of an access log"),
    ],
)
def test_files_that_are_no_log(path: Path, content: bytes, said: str) -> None:
    """In one line, which names the file."""
    with pytest.raises(UsageError) as refused:
        read(path, content, skip=True)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    """One that is not there, and a folder."""
    with pytest.raises(UsageError, match="does not exist"):
        access_log(tmp_path / "none", skip=False, seed=0)
    with pytest.raises(UsageError, match="is no file"):
        access_log(tmp_path, skip=False, seed=0)


def test_a_line_that_is_too_long_is_one_line(path: Path) -> None:
    """The next one is read again."""
    found = read(path, "x" * 200_000 + "\n" + line(), skip=True)
    assert "2 lines" in found.notes[0]
    assert len(found.requests) == 1


def test_a_long_log_is_sampled_by_the_seed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same sample, and it is said."""
    monkeypatch.setattr(of_log, "SAMPLED", 200)
    monkeypatch.setattr(of_log, "MOST_DIFFERENT", 30)
    path.write_text("".join(line(f"GET /{number} HTTP/1.1") for number in range(1000)))
    one, again, other = (access_log(path, skip=False, seed=seed) for seed in (1, 1, 2))
    assert one.requests == again.requests != other.requests
    assert len(one.requests) == 30
    assert one.notes[1].endswith(
        "30 different requests are sent, from 200 of its 1,000 requests, drawn by seed 1"
    )


def test_a_log_is_read_up_to_a_number_of_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said where there are more."""
    monkeypatch.setattr(reading, "MOST_LINES", 3)
    assert "3 lines, of which 3 are read" not in read(path, line() * 3).notes[0]
    found = read(path, line() * 5)
    assert found.requests[0].weight == 3.0
    assert "the first 3 lines" in found.notes[0]


def test_every_entry_has_the_same_chance() -> None:
    """In 2,000 samples of 5 from 20, each is in 500, give or take five standard deviations."""
    counts = [0] * 20
    for seed in range(2000):
        kept = Reservoir[LogEntry](5, seed)
        for number in range(20):
            kept.add(LogEntry("common", number, "GET", "/", 200))
        for entry in kept.kept:
            counts[entry.at_ns or 0] += 1
    assert sum(counts) == 10_000
    assert all(abs(count - 500) < 100 for count in counts)


def test_requests_beyond_those_that_fit() -> None:
    """They have no index, and neither has what cannot be sent."""
    entries = [LogEntry("common", 0, "GET", target, 200) for target in ("/a", "/b", "/a", "/\0")]
    found = gathered(entries, 1, ())
    assert (found.order, found.beyond, found.unsendable) == ((0, -1, 0, -1), 1, 1)


def test_no_secret_of_a_query_is_shown(path: Path) -> None:
    """Neither in what requests are called nor in what is said of the log."""
    found = read(path, line(f"GET /x?token={SECRET}&a=1 HTTP/1.1"))
    (request,) = found.requests
    assert SECRET in request.target
    assert request.shown == "GET /x?token=***&a=1"
    assert SECRET not in repr(found) + "".join(found.notes)
