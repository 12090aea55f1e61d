"""What a right answer is: Checked and Created."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.workload import Checked, Created

ITEM = {"name": "caf\u00e9", "price": 1.25, "in_stock": True}


def response(body: bytes | dict[str, Any] | list[Any] | str) -> httpx.Response:
    """An answer with this body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(201, content=content)


def created(ids: set[int] | None = None) -> Created:
    """What a creation of ITEM must be answered by."""
    return Created(set() if ids is None else ids, ITEM)


def test_a_checked_body_is_known_from_then_on() -> None:
    """It is looked at once, and no other is known by it."""
    asked: list[bytes] = []
    answer = Checked(lambda r: asked.append(r.content))
    assert not answer.accepts(b"one")
    assert answer.fault(response(b"one")) is None
    assert answer.accepts(b"one")
    assert not answer.accepts(b"two")
    assert asked == [b"one"]


def test_a_fault_is_passed_on_and_not_remembered() -> None:
    """What was wrong once is looked at again."""
    answer = Checked(lambda r: f"not {r.text}")
    assert answer.fault(response(b"one")) == "not one"
    assert not answer.accepts(b"one")


@pytest.mark.parametrize(
    "check",
    [
        lambda r: None if r.headers["location"] == "/home" else "not logged in",
        lambda r: None if r.cookies.get("user") == "ann" else "not logged in",
        lambda r: None if r.url.path == "/home" else "another page",
    ],
)
def test_a_body_is_not_known_where_more_decides(check: Callable[[Any], str | None]) -> None:
    """A failed login may have the same empty body: its headers are looked at each time."""
    answer = Checked(check, status=303)
    right = [("location", "/home"), ("set-cookie", "user=ann")]
    wrong = [("location", "/login?error=1")]
    home, login = (httpx.Request("GET", f"http://app{path}") for path in ("/home", "/login"))
    assert answer.fault(httpx.Response(303, headers=right, request=home)) is None
    assert not answer.accepts(b"")
    assert answer.fault(httpx.Response(303, headers=wrong, request=login)) is not None
    assert answer.fault(httpx.Response(303, headers=right, request=home)) is None


@pytest.mark.parametrize(
    "check",
    [
        lambda r: None if r.json() == {"name": "caf\u00e9"} else r.text,
        lambda r: None if "caf\u00e9" in r.text else "no name",
        lambda r: None if len(r.raise_for_status().read()) == 16 else "not whole",
    ],
)
def test_a_body_is_known_where_it_alone_decides(check: Callable[[Any], str | None]) -> None:
    """Although httpx reads headers to decode it: most checks look at nothing else."""
    answer = Checked(check)
    body = '{"name":"caf\u00e9"}'.encode()
    headers = {"content-type": "application/json; charset=utf-8"}
    request = httpx.Request("GET", "http://app/")
    fault = answer.fault(httpx.Response(200, headers=headers, content=body, request=request))
    assert fault is None
    assert answer.accepts(body)


async def _later(_: httpx.Response) -> None: ...


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda r: r.text == "one", "the check returned True: return None if the answer is right"),
        (_later, "the check is async: define it with def"),
    ],
)
def test_a_check_returns_words_or_nothing(check: Callable[[Any], Any], words: str) -> None:
    """Whether True means right or wrong cannot be known."""
    with pytest.raises(TypeError, match=words):
        Checked(check).fault(response(b"one"))


def test_right_bodies_are_remembered_within_bounds() -> None:
    """A server whose answers never repeat, or are huge, does not fill the memory."""
    answer = Checked(lambda _: None)
    for number in range(3000):
        answer.fault(response(b"%d" % number))
    assert sum(answer.accepts(b"%d" % number) for number in range(3000)) == 1000
    large = [bytes([letter]) * 600_000 for letter in b"abc"]
    answer = Checked(lambda _: None)
    for body in large:
        answer.fault(response(body))
    assert [answer.accepts(body) for body in large] == [True, True, False]


def test_a_creation_echoes_the_item_with_an_id() -> None:
    """And the next one is recognised by its bytes, with its own id."""
    answer = created()
    assert answer.fault(response({"id": 7, **ITEM})) is None
    assert answer.accepts(json.dumps({"id": 8, **ITEM}).encode())


def test_an_id_is_given_once() -> None:
    """By either path, and over all exchanges that share the ids."""
    ids: set[int] = set()
    first, second = created(ids), created(ids)
    body = {"id": 7, **ITEM}
    assert first.fault(response(body)) is None
    assert not first.accepts(json.dumps(body).encode())
    assert first.fault(response(body)) == "id 7 was given twice"
    assert second.fault(response(body)) == "id 7 was given twice"
    assert first.accepts(json.dumps({"id": 8, **ITEM}).encode())
    assert second.fault(response({"id": 8, **ITEM})) == "id 8 was given twice"


@pytest.mark.parametrize(
    "body",
    [
        {"id": 1, **ITEM, "name": "cafe"},
        {"id": 1, **ITEM, "price": 1.26},
        {"id": 1, **ITEM, "price": "1.25"},
        {"id": 1, **ITEM, "in_stock": False},
        {"id": 1, **ITEM, "in_stock": 1},
        {"id": 1, **ITEM, "more": None},
        {"id": 1, "name": ITEM["name"], "price": ITEM["price"]},
        ITEM,
        {"id": "1", **ITEM},
        {"id": True, **ITEM},
        {"id": 1.0, **ITEM},
        {"id": None, **ITEM},
        [{"id": 1, **ITEM}],
        "text",
    ],
)
def test_any_other_echo_is_wrong(body: dict[str, Any] | list[Any] | str) -> None:
    """A difference in any field, a missing or strange id, another shape."""
    answer = created()
    assert answer.fault(response(body)) is not None
    assert not answer.accepts(response(body).content)


@given(
    identity=st.one_of(
        st.integers(0, 10**30), st.text("0123456789-+.eE _", min_size=1, max_size=8),
        st.integers(1, 9).map(lambda digit: f"{digit}" * 5000),
    ),
    noise=st.sampled_from(["", " ", "}", ',"more":1']),
)  # fmt: skip
def test_the_fast_path_accepts_nothing_that_the_slow_path_refuses(
    identity: int | str, noise: str
) -> None:
    """Whatever stands in the place of the id."""
    text = json.dumps({"id": 0, **ITEM})
    body = (text.replace('"id": 0', f'"id": {identity}', 1) + noise).encode()
    fast, slow = created(), created()
    assert fast.fault(response({"id": 123_456_789_012, **ITEM})) is None
    assume(str(identity) != "123456789012")
    if fast.accepts(body):
        assert slow.fault(response(body)) is None


@given(
    ids=st.lists(st.integers(0, 10**18), min_size=2, max_size=20, unique=True),
    spaced=st.booleans(),
    last=st.booleans(),
)
def test_the_fast_path_accepts_what_the_slow_path_accepts(
    ids: list[int], *, spaced: bool, last: bool
) -> None:
    """Wherever the id stands, and with or without spaces, after one look."""

    def body(identity: int) -> bytes:
        item = {**ITEM, "id": identity} if last else {"id": identity, **ITEM}
        separators = (", ", ": ") if spaced else (",", ":")
        return json.dumps(item, separators=separators, ensure_ascii=False).encode()

    answer = created()
    assert answer.fault(response(body(ids[0]))) is None
    assert all(answer.accepts(body(identity)) for identity in ids[1:])


def test_only_the_items_own_id_may_vary() -> None:
    """An id inside the item is part of the echo."""
    answer = Created(set(), {"owner": {"id": 5}})
    body = b'{"owner": {"id": 5}, "id" : 1}'
    assert answer.fault(response(body)) is None
    assert not answer.accepts(body.replace(b'"id": 5', b'"id": 6'))
