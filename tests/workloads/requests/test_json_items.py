"""Items of a long array in a file of JSON, one by one, and the line where it is damaged."""

import io
import json
from typing import Any

import pytest

from bench.workloads.requests import json_items
from bench.workloads.requests.json_items import DamagedJsonError, NoSuchArrayError, items


def read(content: bytes) -> list[Any]:
    """All items of the array a.b."""
    return list(items(io.BytesIO(content), ("a", "b")))


@pytest.fixture(params=[1, 3, 1 << 20])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are read at a time: whatever it is that they cut in two."""
    monkeypatch.setattr(json_items, "_CHUNK", request.param)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "array", [[], [1], [12, -3.5e7, 'ü\n"\\u00fc', None, True, {"c": [1, {}]}, [[]], ""]]
)
def test_items(array: list[Any], indent: int | None) -> None:
    """Behind other keys, in whatever form they are written; what follows is not looked at."""
    document = {"x": {"b": [0]}, "a": {"y": ["}"], "b": array, "z": 1}}
    assert array == read(json.dumps(document, indent=indent).encode())
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    assert array == read(text.encode())
    assert array == read(b"\xef\xbb\xbf" + text[: text.rindex("]") + 1].encode())


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"7", b'"a"', b'{"a": 1}', b'{"a": {"b": {}}}', b'{"a": {}}']
)
def test_no_such_array(content: bytes) -> None:
    """JSON of another kind."""
    with pytest.raises(NoSuchArrayError, match=r"a\.b"):
        read(content)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: the file ends there"),
        (b"\n\n", "line 3: the file ends there"),
        (b"hello", "line 1: expecting value"),
        (b'{"a": {"b": [1,\n2', "line 2: the file ends there"),
        (b'{"a": {"b": [1,\n"xy', "line 2: the file ends there"),
        (b'{"a": {"b": [1,\n{"c": ', "line 2: the file ends there"),
        (b'{"a": {"b": [1\n2]}}', "line 2: ',' is missing"),
        (b'{"a": {"b" [1]}}', "line 1: ':' is missing"),
        (b'{"a": {"b": [1,\n\n{"c": x, "d": "' + b"e" * 40 + b'"}]}}', "line 3: expecting value"),
        (b'{"a": {"b": [1,\n' + b"[" * 100_000, "line 2: it is nested too deeply"),
        (b'{"a": {"b": [' + b"9" * 5000 + b"]}}", "line 1: a number is too long"),
        (b'{"a": {"b": [1,\n"\xff"]}}', "line 2: it is no text in UTF-8"),
        (b'{"a": {"b": [\n\n"\xc3', "line 3: "),
    ],
)
def test_damage(content: bytes, said: str) -> None:
    """In which line, and what is wrong there."""
    with pytest.raises(DamagedJsonError, match=said):
        read(content)


def test_a_value_without_an_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(json_items, "_CHUNK", 16)
    monkeypatch.setattr(json_items, "_MOST_CHARACTERS", 100)
    with pytest.raises(DamagedJsonError, match="a value has more than 100 characters"):
        read(b'{"a": {"b": ["' + b"x" * 10_000)
