"""HARs: whose entries are sent, how often, what is left out, and which files are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.workloads.requests import sampling
from bench.workloads.requests.har.reading import har
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.sampling import RequestSample
from tests.workloads.requests.hars import document, entry, written

API = "https://api.shop.test"
CDN = "https://cdn.shop.test"


def test_the_mix_as_it_was_recorded(tmp_path: Path) -> None:
    """A request weighs as much as it came; others differ in method, headers or body."""
    path = written(
        tmp_path,
        entry(f"{API}/items"),
        entry(f"{API}/items", status=304),
        entry(f"{API}/items", headers={"X-A": "1"}),
        entry(f"{API}/items", "POST", 201, postData={"mimeType": "text/plain", "text": "a"}),
    )
    found = har(path)
    assert [(each.shown, each.weight, each.logged) for each in found.requests] == [
        ("GET /items", 2, 200),
        ("GET /items", 1, 200),
        ("POST /items", 1, 201),
    ]
    assert found.file == str(path)
    (note,) = found.notes
    assert "the host api.shop.test is not asked" in note


def test_the_host_of_most_entries_that_are_no_assets(tmp_path: Path) -> None:
    """A page has more images and scripts, from elsewhere; what is left out is counted."""
    path = written(
        tmp_path,
        *(entry(f"{CDN}/{n}.png", media="image/png") for n in range(5)),
        *(entry(f"{CDN}/{n}.js", media="text/javascript; charset=utf-8") for n in range(5)),
        *(entry(f"https://{n}.test/") for n in range(4)),
        entry(f"{API}/items"),
        entry("http://api.shop.test/logo.png", media="image/png"),
        entry(f"{API}/items"),
        entry(f"{API}/items", "OPTIONS", 204),
        entry("wss://api.shop.test/ws", status=101),
        entry(f"{API}/late", status=0),
    )
    found = har(path)
    assert {each.target: each.weight for each in found.requests} == {"/items": 2, "/logo.png": 1}
    assert found.notes[0] == (
        f"--har {str(path)!r}: 3 of 20 entries are sent, those of api.shop.test (--har-host names "
        "another); left out: 10 of cdn.shop.test, 1 of 0.test, 1 of 1.test, 2 of 2 other hosts, "
        "1 OPTIONS, 1 of WebSockets, 1 without an answer"
    )


@pytest.mark.parametrize("host", ["cdn.shop.test", "CDN.shop.test:443", "https://cdn.shop.test/x"])
def test_another_host(host: str, tmp_path: Path) -> None:
    """As it is named, in a URL too."""
    path = written(tmp_path, entry(f"{API}/a"), entry(f"{API}/b"), entry(f"{CDN}/c"))
    assert [each.target for each in har(path, host=host).requests] == ["/c"]


def test_a_host_of_nothing_but_assets(tmp_path: Path) -> None:
    """Then they are what is measured."""
    path = written(tmp_path, entry(f"{CDN}/a.css", media="text/css"))
    assert [each.target for each in har(path).requests] == ["/a.css"]


def test_given_headers(tmp_path: Path) -> None:
    """In place of what was recorded."""
    path = written(tmp_path, entry(API, headers={"Authorization": "Bearer old"}))
    (found,) = har(path, [("Authorization", "Bearer new")]).requests
    assert found.headers == (("Authorization", "Bearer new"),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "'.*shop.har', line 1: the file ends there: it is no HAR; save the network log"),
        (b"\0\1\2\xff" * 9, "line 1: it is no text in UTF-8: it is no HAR"),
        (b"\x1f\x8b\x08" + b"\0" * 30, "line 1: it is no text in UTF-8: it is no HAR"),
        (b"GET /x 1\n", "line 1: expecting value: it is no HAR"),
        (b"{}", "is JSON, and no HAR: it has no log.entries"),
        (b'{"log": {"version": "1.2"}}', "is JSON, and no HAR"),
        (json.dumps(document()).encode(), "has no entries: record some requests first"),
        (json.dumps(document(entry(API))).encode()[:-400], "line 1: the file ends there"),
        (
            json.dumps(document(entry(API), entry(API)), indent=1).encode()[:-400],
            r"damaged after entry 1, line \d+: the file ends there; --skip-bad-lines takes the ent",
        ),
        (json.dumps(document(entry("wss://x"))).encode(), "can be sent: 1 of WebSockets of 1"),
        (
            json.dumps(document(7, entry(API), {})).encode(),
            "entry 1: it: input should be a valid dict.*; entry 3: request: field required. --",
        ),
    ],
)  # fmt: skip
def test_a_bad_file(content: bytes, said: str, tmp_path: Path) -> None:
    """One line that names the file, and the entry or the line."""
    path = tmp_path / "shop.har"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        har(path)
    assert "shop.har" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_host_that_is_not_there(tmp_path: Path) -> None:
    """Those that are, are named."""
    with pytest.raises(UsageError, match=r"--har-host 'x' is not in .* api.shop.test \(2\), cdn"):
        har(written(tmp_path, entry(API), entry(f"{API}/b"), entry(CDN)), host="x")


def test_what_cannot_be_read_is_left_out_if_asked(tmp_path: Path) -> None:
    """Entries, and all after a place where the file is damaged; both are said."""
    path = tmp_path / "shop.har"
    text = json.dumps(document(entry(API), 7, entry(f"{API}/b"), entry(API)))
    path.write_text(text[:-400], encoding="utf-8")
    found = har(path, skip=True)
    assert [each.target for each in found.requests] == ["/", "/b"]
    assert "2 of 3 entries are sent" in found.notes[0]
    assert "2 that cannot be read (entry 2: it: input" in found.notes[0]
    assert "all after entry 3, line 1: the file ends there" in found.notes[0]


def test_folders_and_files_that_are_too_large(tmp_path: Path) -> None:
    """A file of 3 GiB of nothing, which takes no room on the disk."""
    with pytest.raises(UsageError, match="is no file"):
        har(tmp_path)
    path = tmp_path / "shop.har"
    with path.open("wb") as file:
        file.truncate(3 * 1024**3)
    with pytest.raises(UsageError, match="has 3,072 MiB: at most 2,048 can be read"):
        har(path)


def request(number: int, body: bytes | None = None) -> PlainRequest:
    """One of many."""
    return PlainRequest(f"/{number}", body=body)


def sampled(numbers: list[int], seed: int, most: int = 100) -> dict[str, float]:
    """The weights of what is kept, by path."""
    sample = RequestSample(seed, most)
    for number in numbers:
        sample.add(request(number))
    assert sample.seen == len(numbers)
    assert sample.is_whole == (len(set(numbers)) <= most)
    return {each.target: each.weight for each in sample.requests}


def test_all_that_differ_are_kept() -> None:
    """However often they come."""
    assert sampled([*range(100)] * 5, 1) == {f"/{n}": 5 for n in range(100)}


def test_of_too_many_some_are_drawn_by_the_seed() -> None:
    """As many as may be; what is half of all entries stays about half."""
    numbers = [number if number % 2 else -1 for number in range(4000)]
    found = sampled(numbers, 1)
    assert sum(found.values()) == 100
    assert 30 < found["/-1"] < 70
    assert found == sampled(numbers, 1)
    assert found != sampled(numbers, 2)


def test_requests_that_are_too_long_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Memory is bounded: the entry is named."""
    monkeypatch.setattr(sampling, "_MOST_BYTES", 10_000)
    data: dict[str, Any] = {"mimeType": "text/plain", "text": "x" * 4000}
    entries = [entry(f"{API}/{n}", "POST", postData=data) for n in range(3)]
    with pytest.raises(UsageError, match=r"entry 3: its requests are longer than .* name a part"):
        har(written(tmp_path, *entries))
    same = [entry(API, "POST", postData=data) for _ in range(9)]
    assert len(har(written(tmp_path, *same)).requests) == 1
