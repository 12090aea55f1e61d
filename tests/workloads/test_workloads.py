"""The built-in workloads against right and wrong answers, and workloads from files."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.errors import UsageError
from bench.proof.reference.null_answer import BODY
from bench.proof.reference.workloads import null_workload
from bench.workload import Answer, Exchange, Streamed
from bench.workloads.loading import load_workload

BASE = httpx.URL("http://127.0.0.1:8000")


PLAIN = ("get_item", "create_item", "mixed")
"""Built-in workloads whose answers are whole."""


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where modules are looked for is again what it was."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def exchanges(name: str) -> list[Exchange]:
    """All exchanges of a workload."""
    return list(load_workload(name).function(BASE))


def item(exchange: Exchange) -> dict[str, Any]:
    """The right answer to an exchange of the items app."""
    if exchange.request.method == "POST":
        return {"id": id(exchange), **json.loads(exchange.request.content)}
    identity = int(exchange.request.url.path.rpartition("/")[2])
    return {
        "id": identity,
        "name": f"item {identity}",
        "price": identity / 4,
        "in_stock": identity not in {10, 20, 30, 40, 50, 60, 70, 80, 90, 100},
    }


def answer_of(exchange: Exchange) -> Answer:
    """What a right answer is, where that is no stream."""
    assert not isinstance(exchange.answer, Streamed)
    return exchange.answer


@pytest.mark.parametrize("name", PLAIN)
def test_right_answers_are_right(name: str) -> None:
    """Every exchange of every built-in workload, when the items app answers as it should."""
    for exchange in exchanges(name):
        status = 201 if exchange.request.method == "POST" else 200
        assert answer_of(exchange).status == status
        assert answer_of(exchange).fault(httpx.Response(status, json=item(exchange))) is None


@pytest.mark.parametrize(
    ("token", "borne"), [(None, None), ("a.b.c", "Bearer a.b.c")], ids=["without", "with"]
)
def test_writes_bear_the_token(
    token: str | None, borne: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the environment, if there is one; reads are public."""
    if token is not None:
        monkeypatch.setenv("WEIGHBRIDGE_TOKEN", token)
    sent = {
        method: {e.request.headers.get("authorization") for e in exchanges("mixed")
                 if e.request.method == method}
        for method in ("GET", "POST")
    }  # fmt: skip
    assert sent == {"GET": {None}, "POST": {borne}}


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another id": lambda right: {**right, "id": -right["id"] if right["id"] > 100 else 999},
    "another name": lambda right: {**right, "name": "WRONG"},
    "another price": lambda right: {**right, "price": -1.0},
    "a number for in_stock": lambda right: {**right, "in_stock": 1},
    "true for id": lambda right: {**right, "id": True},
    "no name": lambda right: {key: right[key] for key in right if key != "name"},
    "one field more": lambda right: {**right, "more": 1},
    "a list": lambda right: [right],
    "null": lambda _: None,
    "an error": lambda _: {"detail": "no"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_wrong_reads_are_wrong(wrong: Callable[[dict[str, Any]], Any]) -> None:
    """Another item, a partial one, another shape; for the item with id 1 as well."""
    for exchange in exchanges("get_item")[:3]:
        answer = httpx.Response(200, json=wrong(item(exchange)))
        assert answer_of(exchange).fault(answer) is not None


def test_an_item_that_is_not_sent_as_json_is_wrong() -> None:
    """The right bytes under another content type are no right answer."""
    exchange = exchanges("get_item")[0]
    answer = httpx.Response(200, text=json.dumps(item(exchange)))
    assert (
        answer_of(exchange).fault(answer)
        == "expected application/json, got 'text/plain; charset=utf-8'"
    )


def test_workloads_start_anew_for_each_server() -> None:
    """Ids that one server gave are free on the next."""
    for _ in range(2):
        exchange = exchanges("create_item")[0]
        right = {"id": 1, **json.loads(exchange.request.content)}
        assert answer_of(exchange).fault(httpx.Response(201, json=right)) is None


def test_requests_go_to_the_server_they_are_for() -> None:
    """The Host header, too."""
    for name in PLAIN:
        for exchange in exchanges(name):
            assert exchange.request.url.host == "127.0.0.1"
            assert exchange.request.headers["host"] == "127.0.0.1:8000"


def test_the_null_workload_knows_the_null_servers_answer() -> None:
    """And no other."""
    exchange = next(null_workload.exchanges(BASE))
    assert answer_of(exchange).fault(httpx.Response(200, content=BODY)) is None
    assert answer_of(exchange).fault(httpx.Response(200, content=b"{}")) is not None


def test_a_workload_may_be_a_file(tmp_path: Path) -> None:
    """With dataclasses of its own, which look their module up."""
    path = tmp_path / "mine.py"
    path.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Mine:\n"
        "    name: str = ''\n"
        "def exchanges(base_url):\n"
        "    return [Mine(str(base_url))]\n",
        encoding="utf-8",
    )
    (found,) = load_workload(str(path)).function(BASE)
    assert repr(found) == "Mine(name='http://127.0.0.1:8000')"


def test_a_file_may_import_what_stands_beside_it(tmp_path: Path) -> None:
    """When it is loaded, and when its function is called."""
    (tmp_path / "beside_at_first.py").write_text("FIRST = 1\n", encoding="utf-8")
    (tmp_path / "beside_later.py").write_text("LATER = 2\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text(
        "import beside_at_first\n"
        "def exchanges(base_url):\n"
        "    import beside_later\n"
        "    return [beside_at_first.FIRST, beside_later.LATER]\n",
        encoding="utf-8",
    )
    found: list[object] = [*load_workload(str(tmp_path / "mine.py")).function(BASE)]
    assert found == [1, 2]


def test_files_of_one_name_are_two_workloads(tmp_path: Path) -> None:
    """The folder tells them apart."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "w.py").write_text(
            f"def exchanges(base_url):\n    return {folder!r}\n", encoding="utf-8"
        )
    found = [load_workload(str(tmp_path / folder / "w.py")) for folder in ("a", "b")]
    assert ["".join(map(str, workload.function(BASE))) for workload in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "is unknown: name one of get_item, create_item, mixed, "),
        ("", "has no function exchanges(base_url): define one"),
        ("exchanges = 5", "has no function exchanges(base_url): define one"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named"),
        ("1 +", "cannot be imported: SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
    ],
)
def test_a_file_that_is_no_workload_is_refused(tmp_path: Path, text: str | None, line: str) -> None:
    """One line: which, what was found, what to do."""
    path = tmp_path / "w.py"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_workload(str(path))
    message = str(refused.value)
    assert message.startswith(f"workload '{path}' {line}")
    assert "\n" not in message


def test_an_unknown_name_is_refused() -> None:
    """With the names that there are, and the one that may be meant."""
    said = r"workload 'get_itm' is unknown: did you mean 'get_item'\? Name one of get_item, create"
    with pytest.raises(UsageError, match=said):
        load_workload("get_itm")


def test_an_unknown_file_is_refused_with_the_one_beside_it(tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "load.py").touch()
    path = tmp_path / "laod.py"
    with pytest.raises(UsageError, match=r"laod\.py' is unknown: did you mean 'load\.py'\? Name"):
        load_workload(str(path))


@pytest.mark.parametrize("name", PLAIN)
def test_a_body_that_would_fill_the_memory_is_not_parsed(name: str) -> None:
    """Brackets take twenty times their size once they are parsed."""
    exchange = exchanges(name)[0]
    answer = httpx.Response(
        answer_of(exchange).status,
        content=b"[" + b"[]," * 100_000 + b"[]]",
        headers={"content-type": "application/json"},
    )
    with pytest.raises(ValueError, match="where an item was expected"):
        answer_of(exchange).fault(answer)
