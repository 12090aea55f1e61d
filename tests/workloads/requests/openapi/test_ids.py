"""Ids in answers: where it is clear what stands for a parameter."""

from typing import Any

import pytest

from bench.workloads.requests.openapi.ids import at_pointer, id_in, in_location


@pytest.mark.parametrize(
    ("answer", "parameter", "collection", "value"),
    [
        ([{"id": 11}, {"id": 12}], "item_id", "items", "11"),
        ([{"item_id": "a", "id": 1}], "item_id", "items", "a"),
        ([{"itemId": "a"}], "itemId", "items", "a"),
        ([{"item_id": "a"}], "id", "items", "a"),
        ([{"uuid": "u"}], "id", "orders", "u"),
        ([{"slug": "tea", "id": 3}], "slug", "products", "tea"),
        ([{"id": 3, "name": "x"}], "slug", "products", None),
        (["oslo", "lima"], "city", "cities", "oslo"),
        ({"items": [{"id": 5}], "total": 9}, "id", "items", "5"),
        ({"count": 1, "results": [{"id": 6}]}, "pk", "orders", "6"),
        ({"categories": [{"id": 7}], "links": []}, "category_id", "categories", "7"),
        ({"data": {"id": 8, "type": "x"}}, "id", "orders", "8"),
        ({"order": {"id": 9}}, "order_id", "orders", "9"),
        ({"id": 4, "lines": [{"id": 1}]}, "id", "orders", "4"),
        ({"plumbus": {"name": "Plumbus"}, "gun": {"name": "Gun"}}, "item_id", "items", "plumbus"),
        ([], "id", "items", None),
        ({}, "id", "items", None),
        ([{"id": None}], "id", "items", None),
        ([{"id": True}], "id", "items", None),
        ([{"id": 1.5}], "id", "items", None),
        ([{"id": "x" * 500}], "id", "items", None),
        ("text", "id", "items", None),
        (None, "id", "items", None),
    ],
)
def test_an_id(answer: Any, parameter: str, collection: str, value: str | None) -> None:
    """Of the first record of a list, or of what was made."""
    assert id_in(answer, parameter, collection) == value


@pytest.mark.parametrize(
    ("location", "value"),
    [
        ("/items/7", "7"), ("http://h:1/items/a%20b/", "a b"), ("/items", None), (None, None),
        ("/items/7/x", None), ("/other/7", None), ("http://[x/items/7", None),
    ],
)  # fmt: skip
def test_a_location(location: str | None, value: str | None) -> None:
    """The one part after the collection's path."""
    assert in_location(location, "/items") == value


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/a/0/b~1c", "7"), ("/a/1", None), ("/a/x", None), ("", None), ("/d", "e")],
)
def test_a_pointer(pointer: str, value: str | None) -> None:
    """As a document's links have it."""
    assert at_pointer({"a": [{"b/c": 7}], "d": "e"}, pointer) == value
