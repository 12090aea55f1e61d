"""Hosts that a workload's requests name beside the server that is measured."""

from pathlib import Path

import pytest

from bench.run.request.other_hosts import other_hosts
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet

BEGIN = "import httpx\nfrom bench.workload import Checked, Exchange\ndef exchanges(base_url):\n"


@pytest.mark.parametrize(
    ("urls", "named"),
    [
        (('base_url.join("/a")',), None),
        (('"http://localhost:8000/a"', 'base_url.join("/a")'), "localhost:8000:"),
        (('"/a"',), "no host:"),
        (
            tuple(f'"http://{n}.test/"' for n in (1, 2, 1, 3, 4, 5)),
            "1.test, 2.test, 3.test and 2 more:",
        ),
    ],
)
def test_they_are_said(urls: tuple[str, ...], named: str | None, tmp_path: Path) -> None:
    """Each once, a few of them; nothing where all requests are for the server."""
    path = tmp_path / "load.py"
    lines = (
        f'    yield Exchange(httpx.Request("GET", {url}), Checked(lambda r: None))\n'
        for url in urls
    )
    path.write_text(BEGIN + "".join(lines), encoding="utf-8")
    said = [*other_hosts({"load": str(path)})]
    expected = [f"workload 'load' has requests to {named} they go to each server"]
    assert [text.partition(", at its")[0] for text in said] == (expected if named else [])


def test_what_has_no_file_says_it_itself() -> None:
    """Built-in workloads, and sets of requests, which are read without any host."""
    given = RequestSet(source="--path /a", requests=(PlainRequest("/a"),))
    assert [*other_hosts({"get_item": "get_item", "a": given})] == []
