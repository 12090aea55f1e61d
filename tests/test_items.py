"""The functional suite: what the items API owes its clients under every server.

In process by default, with a fresh store for each test; against a live server with `--base-url`,
where it gates every run, with the token in WEIGHBRIDGE_TOKEN where writes need one. A live server
need not be fresh: it holds the 100 seeded items, and whatever earlier tests have created. It must
run one worker, or share its store: an item that one worker keeps in memory is unknown to the
others.
"""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

NEVER_ASSIGNED = 2**63 - 1
WIDGET = {"name": "widget", "price": 9.5}
JSON_TYPE = {"Content-Type": "application/json"}
TOKEN = os.environ.get("WEIGHBRIDGE_TOKEN")


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """Load the certificates once: httpx would do it for every client."""
    return ssl.create_default_context()


@pytest.fixture
async def client(base_url: str | None, tls: ssl.SSLContext) -> AsyncIterator[httpx.AsyncClient]:
    """Reach the live server that was named, or else a fresh app in process."""
    async with httpx.AsyncClient(
        transport=None if base_url else app_in_process(),
        base_url=base_url or "http://in-process",
        headers={"Authorization": f"Bearer {TOKEN}"} if TOKEN else {},
        verify=tls,
        trust_env=False,
    ) as client:
        yield client


def app_in_process() -> httpx.ASGITransport:
    """Build a fresh app; the gate runs where the app cannot be imported."""
    from app.main import create_app  # noqa: PLC0415

    return httpx.ASGITransport(create_app())


def message_of(response: httpx.Response) -> str:
    """Return the message of an error, which has exactly the one shape."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["detail"]
    assert isinstance(body["detail"], str)
    assert body["detail"]
    return body["detail"]


async def post_raw(client: httpx.AsyncClient, body: bytes | str) -> httpx.Response:
    """Post bytes that need not be what a JSON encoder would write."""
    return await client.post("/items", content=body, headers=JSON_TYPE)


# --- reading


async def test_get_item_success(client: httpx.AsyncClient) -> None:
    """An item is returned with exactly its four fields."""
    response = await client.get("/items/1")
    assert response.status_code == 200
    assert response.json() == {"id": 1, "name": "item 1", "price": 0.25, "in_stock": True}


async def test_get_item_last_seeded(client: httpx.AsyncClient) -> None:
    """A store is seeded with 100 items."""
    response = await client.get("/items/100")
    assert response.json() == {"id": 100, "name": "item 100", "price": 25.0, "in_stock": False}


async def test_get_item_twice(client: httpx.AsyncClient) -> None:
    """Reading changes nothing: the same bytes come again."""
    first, second = [await client.get("/items/7") for _ in range(2)]
    assert first.content == second.content


async def test_get_item_not_found(client: httpx.AsyncClient) -> None:
    """An id that no item has is a 404 that names the id."""
    response = await client.get(f"/items/{NEVER_ASSIGNED}")
    assert response.status_code == 404
    assert message_of(response) == f"item {NEVER_ASSIGNED} does not exist"


@pytest.mark.parametrize(
    ("item_id", "complaint"),
    [
        ("abc", 'must be an integer (got "abc")'),
        ("1.5", "must be an integer"),
        ("0x10", "must be an integer"),
        ("1.0", "must be an integer"),
        ("01", "must be an integer"),
        ("+1", "must be an integer"),
        ("1_0", "must be an integer"),
        ("%201", "must be an integer"),
        ("%D9%A1", "must be an integer"),
        ("%E2%82%AC", 'got "€"'),
        ("0", "must be greater than or equal to 1"),
        ("-1", "must be greater than or equal to 1"),
        (str(2**63), "must be less than or equal to 9223372036854775807"),
        ("9" * 1000, "must be less than or equal to"),
    ],
    ids=[
        "letters",
        "fraction",
        "hex",
        "whole",
        "leading-zero",
        "plus",
        "underscore",
        "space",
        "arabic",
        "unicode",
        "zero",
        "negative",
        "65-bit",
        "1000-digits",
    ],
)
async def test_get_item_invalid_id(client: httpx.AsyncClient, item_id: str, complaint: str) -> None:
    """An id that no item could have is a 422 that says what an id is."""
    response = await client.get(f"/items/{item_id}")
    assert response.status_code == 422
    message = message_of(response)
    assert message.startswith("item_id: ")
    assert complaint in message


# --- listing


async def test_list_items_success(client: httpx.AsyncClient) -> None:
    """The first page holds the first 100 items in the order of their ids."""
    response = await client.get("/items")
    assert response.status_code == 200
    assert [item["id"] for item in response.json()] == list(range(1, 101))
    assert response.json()[1] == {"id": 2, "name": "item 2", "price": 0.5, "in_stock": True}


async def test_list_items_page(client: httpx.AsyncClient) -> None:
    """A page holds `limit` items, after the first `offset`."""
    response = await client.get("/items", params={"limit": 3, "offset": 10})
    assert [item["id"] for item in response.json()] == [11, 12, 13]


async def test_list_items_beyond_the_end(client: httpx.AsyncClient) -> None:
    """After the last item comes an empty page."""
    response = await client.get("/items", params={"offset": NEVER_ASSIGNED})
    assert response.status_code == 200
    assert response.json() == []


async def test_list_items_long_page(client: httpx.AsyncClient) -> None:
    """A page of more than 64 kB arrives whole; the items may be on two, of which one is as long."""
    name = "\U0001f469" * 1000
    created = {
        (await client.post("/items", json=WIDGET | {"name": name})).json()["id"] for _ in range(40)
    }
    listed: dict[int, str] = {}
    longest = 0
    while not created <= listed.keys():
        response = await client.get("/items", params={"limit": 1000, "offset": len(listed)})
        assert response.json(), "not all items that were created are on a page"
        listed |= {item["id"]: item["name"] for item in response.json()}
        longest = max(longest, len(response.content))
    assert {listed[item_id] for item_id in created} == {name}
    assert longest > 2**16


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("limit=0", "limit: must be greater than or equal to 1 (got "),
        ("limit=-1", "limit: must be greater than or equal to 1 (got "),
        ("limit=1001", "limit: must be less than or equal to 1000 (got "),
        ("offset=-1", "offset: must be greater than or equal to 0 (got "),
        (f"offset={2**63}", "offset: must be less than or equal to "),
        ("limit=ten", 'limit: must be an integer (got "ten")'),
        ("limit=NaN", 'limit: must be an integer (got "NaN")'),
        ("limit=1_0", 'limit: must be an integer (got "1_0")'),
        ("limit=1.0", 'limit: must be an integer (got "1.0")'),
        ("offset=%2B1", 'offset: must be an integer (got "+1")'),
        ("limit=", 'limit: must be an integer (got "")'),
        ("offset=1e400", 'offset: must be an integer (got "1e400")'),
        ("limit=" + "9" * 1000, "limit: must be less than or equal to 1000 (got "),
    ],
)
async def test_list_items_invalid_page(
    client: httpx.AsyncClient, query: str, complaint: str
) -> None:
    """A page that cannot be is a 422 that says what a page is."""
    response = await client.get(f"/items?{query}")
    assert response.status_code == 422
    assert message_of(response).startswith(complaint)


# --- replacing, changing, deleting


@pytest.fixture
async def created(client: httpx.AsyncClient) -> str:
    """Create an item for one test; return its path."""
    response = await client.post("/items", json=WIDGET | {"in_stock": False})
    return response.headers["location"]


def id_in(path: str) -> int:
    """Return the id that an item's path ends with."""
    return int(path.removeprefix("/items/"))


async def test_replace_item_success(client: httpx.AsyncClient, created: str) -> None:
    """A replaced item is another one under the same id; what was left out has its default."""
    response = await client.put(created, json={"name": "gadget", "price": 2})
    assert response.status_code == 200
    item = {
        "name": "gadget",
        "price": 2.0,
        "in_stock": True,
        "id": int(created.rsplit("/", maxsplit=1)[-1]),
    }
    assert response.json() == item
    assert (await client.get(created)).json() == item


async def test_change_item_success(client: httpx.AsyncClient, created: str) -> None:
    """A change keeps what it does not name."""
    response = await client.patch(created, json={"price": 3.5})
    assert response.status_code == 200
    item = {
        "name": "widget",
        "price": 3.5,
        "in_stock": False,
        "id": int(created.rsplit("/", maxsplit=1)[-1]),
    }
    assert response.json() == item
    assert (await client.get(created)).json() == item


async def test_changes_at_once_are_all_kept(client: httpx.AsyncClient, created: str) -> None:
    """Changes of different fields at the same time do not undo each other."""
    changes = [{"name": "gadget"}, {"price": 4.5}, {"in_stock": True}]
    await asyncio.gather(*(client.patch(created, json=change) for change in changes))
    item = (await client.get(created)).json()
    assert (item["name"], item["price"], item["in_stock"]) == ("gadget", 4.5, True)


async def test_delete_item_success(client: httpx.AsyncClient, created: str) -> None:
    """A deleted item is answered with nothing, and is gone."""
    response = await client.delete(created)
    assert response.status_code == 204
    assert response.content == b""
    for answer in [await client.get(created), await client.delete(created)]:
        assert answer.status_code == 404


async def test_deleted_id_is_not_given_again(client: httpx.AsyncClient, created: str) -> None:
    """What is created later has an id of its own."""
    await client.delete(created)
    later = await client.post("/items", json=WIDGET)
    assert later.headers["location"] != created


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_write_not_found(client: httpx.AsyncClient, method: str) -> None:
    """What does not exist can be neither replaced, changed nor deleted."""
    body = None if method == "DELETE" else WIDGET
    response = await client.request(method, f"/items/{NEVER_ASSIGNED}", json=body)
    assert response.status_code == 404
    assert message_of(response) == f"item {NEVER_ASSIGNED} does not exist"


@pytest.mark.parametrize(
    ("method", "body", "complaint"),
    [
        ("PUT", {"price": 1}, "name: is required"),
        ("PUT", WIDGET | {"id": 1}, "id: is not a known field"),
        ("PATCH", {}, "body: must name a field to change"),
        ("PATCH", {"price": None}, "price: must be a valid number (got null)"),
        ("PATCH", {"price": -1}, "price: must be greater than or equal to 0 (got -1)"),
        ("PATCH", {"name": " "}, "name: must hold more than white space"),
        ("PATCH", {"id": 1}, "id: is not a known field"),
    ],
)
async def test_refused_write_changes_nothing(
    client: httpx.AsyncClient, created: str, method: str, body: dict[str, Any], complaint: str
) -> None:
    """A write that does not validate is a 422, and the item stays as it was."""
    before = await client.get(created)
    response = await client.request(method, created, json=body)
    assert response.status_code == 422
    assert message_of(response).startswith(complaint)
    assert (await client.get(created)).content == before.content


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_body_too_long(client: httpx.AsyncClient, created: str, method: str) -> None:
    """A body of more than 1 MiB is a 413 that says how long it may be."""
    path = "/items" if method == "POST" else created
    response = await client.request(method, path, json=WIDGET | {"name": "x" * 2**20})
    assert response.status_code == 413
    assert message_of(response) == "body: must have at most 1048576 bytes"


# --- creating


async def test_create_item_success(client: httpx.AsyncClient) -> None:
    """A created item is answered with 201, as it was sent, with an id beyond the seeded ones."""
    response = await client.post("/items", json=WIDGET | {"in_stock": False})
    assert response.status_code == 201
    item = response.json()
    assert item.pop("id") > 100
    assert item == {"name": "widget", "price": 9.5, "in_stock": False}


async def test_create_item_location(client: httpx.AsyncClient) -> None:
    """Location points to the created item, which can be fetched there."""
    created = await client.post("/items", json=WIDGET)
    assert created.headers["location"] == f"/items/{created.json()['id']}"
    fetched = await client.get(created.headers["location"])
    assert fetched.status_code == 200
    assert fetched.json() == created.json()


async def test_create_item_in_stock_by_default(client: httpx.AsyncClient) -> None:
    """An item is in stock unless it says otherwise."""
    response = await client.post("/items", json=WIDGET)
    assert response.json()["in_stock"] is True


async def test_create_item_again(client: httpx.AsyncClient) -> None:
    """The same item sent twice is two items."""
    first, second = [(await client.post("/items", json=WIDGET)).json() for _ in range(2)]
    assert first["id"] != second["id"]


async def test_create_items_concurrently(client: httpx.AsyncClient) -> None:
    """Items created at the same time get ids of their own, and none is mixed up with another."""
    turns = asyncio.Semaphore(10)

    async def create(n: int) -> Any:
        async with turns:
            return (await client.post("/items", json=WIDGET | {"name": f"twin {n}"})).json()

    items = await asyncio.gather(*(create(n) for n in range(50)))
    assert [item["name"] for item in items] == [f"twin {n}" for n in range(50)]
    assert len({item["id"] for item in items}) == 50


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "  spaces around  ",
        "naïve café",
        "e\u0301 is not \u00e9",
        "שלום، مرحبا",
        "\U0001f469\u200d\U0001f680 \U0001f44d\U0001f3fd",
        "\U0001d518\U0001d52b\U0001d526",
        "日本語",
        'quote " backslash \\ slash /',
        "line\nbreak\ttab",
        "\x00\x1f\x7f\ufeff\uffff",
        "\x1f",
        "<script>alert(1)</script>",
        "\U0001f469" * 1000,
    ],
    ids=[
        "letter",
        "spaces",
        "latin",
        "combining",
        "right-to-left",
        "emoji",
        "beyond-16-bit",
        "cjk",
        "escapes",
        "line-break",
        "control",
        "separator",
        "markup",
        "longest",
    ],
)
async def test_create_item_keeps_name(client: httpx.AsyncClient, name: str) -> None:
    """A name comes back exactly as it was sent, at once and when the item is fetched."""
    created = await client.post("/items", json=WIDGET | {"name": name})
    assert created.status_code == 201
    fetched = await client.get(created.headers["location"])
    assert [created.json()["name"], fetched.json()["name"]] == [name, name]


async def test_create_item_long_body(client: httpx.AsyncClient) -> None:
    """A body that comes in many pieces is read to its end: here most of it is white space."""
    response = await post_raw(client, json.dumps(WIDGET)[:-1] + " " * 500_000 + "}")
    assert response.status_code == 201
    assert response.json()["name"] == "widget"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0", "0.0"),
        ("-0", "0.0"),
        ("-0.0", "0.0"),
        ("12", "12.0"),
        ("0.1", "0.1"),
        ("1e3", "1000.0"),
        ("5e-324", "5e-324"),
        ("1e-400", "0.0"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("9007199254740993", "9007199254740992.0"),
        ("1" + "0" * 300, "1e+300"),
    ],
)
async def test_create_item_keeps_price(client: httpx.AsyncClient, sent: str, kept: str) -> None:
    """A price is the nearest 64-bit float, and never has the sign of -0."""
    response = await post_raw(client, f'{{"name": "priced", "price": {sent}}}')
    assert response.status_code == 201
    assert repr(response.json()["price"]) == kept


# --- refusing

INVALID_ITEMS = {
    "name-missing": ('{"price": 1}', "name: is required"),
    "price-missing": ('{"name": "a"}', "price: is required"),
    "both-missing": ("{}", "name: is required; price: is required"),
    "name-empty": ('{"name": "", "price": 1}', 'name: must have at least 1 character (got "")'),
    "name-blank": ('{"name": " \\t\\u00a0", "price": 1}', "name: must hold more than white space"),
    "name-blank-unicode": (
        '{"name": "\\u0085\\u2003\\u3000", "price": 1}',
        "name: must hold more than white space",
    ),
    "name-long": (
        '{"name": "%s", "price": 1}' % ("x" * 1001),
        'name: must have at most 1000 characters (got "xxx',
    ),
    "name-null": ('{"name": null, "price": 1}', "name: must be a valid string (got null)"),
    "name-number": ('{"name": 5, "price": 1}', "name: must be a valid string (got 5)"),
    "name-list": ('{"name": ["a"], "price": 1}', "name: must be a valid string (got a list)"),
    "name-surrogate": ('{"name": "\\ud800", "price": 1}', "name: must be Unicode text"),
    "price-negative": (
        '{"name": "a", "price": -1}',
        "price: must be greater than or equal to 0 (got -1)",
    ),
    "price-barely-negative": ('{"name": "a", "price": -5e-324}', "price: must be greater than"),
    "price-string": ('{"name": "a", "price": "12"}', 'price: must be a valid number (got "12")'),
    "price-boolean": ('{"name": "a", "price": true}', "price: must be a valid number (got true)"),
    "price-null": ('{"name": "a", "price": null}', "price: must be a valid number (got null)"),
    "price-object": ('{"name": "a", "price": {}}', "price: must be a valid number (got an object)"),
    "price-nan": ('{"name": "a", "price": NaN}', "price: must be a finite number (got NaN)"),
    "price-infinity": (
        '{"name": "a", "price": Infinity}',
        "price: must be a finite number (got Infinity)",
    ),
    "price-minus-infinity": (
        '{"name": "a", "price": -Infinity}',
        "price: must be a finite number (got -Infinity)",
    ),
    "price-1e400": (
        '{"name": "a", "price": 1e400}',
        "price: must be a finite number (got Infinity)",
    ),
    "price-400-digits": (
        '{"name": "a", "price": 1%s}' % ("0" * 400),
        "price: is beyond the largest number",
    ),
    "price-5000-digits": (
        '{"name": "a", "price": 1%s}' % ("0" * 5000),
        "body: holds a number with too many digits",
    ),
    "stock-string": (
        '{"name": "a", "price": 1, "in_stock": "yes"}',
        'in_stock: must be a valid boolean (got "yes")',
    ),
    "stock-number": (
        '{"name": "a", "price": 1, "in_stock": 1}',
        "in_stock: must be a valid boolean (got 1)",
    ),
    "stock-null": (
        '{"name": "a", "price": 1, "in_stock": null}',
        "in_stock: must be a valid boolean (got null)",
    ),
    "key-unknown": (
        '{"name": "a", "price": 1, "in_stok": true}',
        "in_stok: is not a known field: remove it or correct its name",
    ),
    "key-id": ('{"name": "a", "price": 1, "id": 7}', "id: is not a known field"),
}


@pytest.mark.parametrize(("body", "complaint"), INVALID_ITEMS.values(), ids=INVALID_ITEMS.keys())
async def test_create_item_invalid_input(
    client: httpx.AsyncClient, body: str, complaint: str
) -> None:
    """An item that does not validate is a 422 that says which field is wrong, and how."""
    response = await post_raw(client, body)
    assert response.status_code == 422
    assert complaint in message_of(response)


UNREADABLE_BODIES = {
    "empty": (b"", "body: is required"),
    "null": (b"null", "body: must be a JSON object (got null)"),
    "list": (b"[]", "body: must be a JSON object (got a list)"),
    "string": (b'"widget"', 'body: must be a JSON object (got "widget")'),
    "number": (b"5", "body: must be a JSON object (got 5)"),
    "cut-off": (b'{"name": "a"', "body: is not JSON: Expecting ',' delimiter at character 12"),
    "trailing-comma": (b'{"name": "a", "price": 1,}', "body: is not JSON: "),
    "two-values": (b"{} {}", "body: is not JSON: Extra data at character 3"),
    "not-json": (b"name=a&price=1", "body: is not JSON: Expecting value at character 0"),
    "not-utf-8": (b'{"name": "\xff\xfe", "price": 1}', "body: must be JSON encoded as UTF-8"),
    "nested": (b"[" * 100_000, "body: is nested too deeply"),
}


@pytest.mark.parametrize(
    ("body", "complaint"), UNREADABLE_BODIES.values(), ids=UNREADABLE_BODIES.keys()
)
async def test_create_item_unreadable_body(
    client: httpx.AsyncClient, body: bytes, complaint: str
) -> None:
    """A body that is no JSON object is a 422 that says what is wrong with it."""
    response = await post_raw(client, body)
    assert response.status_code == 422
    assert message_of(response).startswith(complaint)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense", None]
)
async def test_create_item_wrong_content_type(
    client: httpx.AsyncClient, content_type: str | None
) -> None:
    """JSON that is not declared as JSON is a 422 that names the header to send."""
    headers = {"Content-Type": content_type} if content_type else {}
    response = await client.post("/items", content=json.dumps(WIDGET), headers=headers)
    assert response.status_code == 422
    assert "Content-Type: application/json" in message_of(response)


async def test_create_item_json_with_charset(client: httpx.AsyncClient) -> None:
    """The parameters of the content type do not matter."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = await client.post("/items", content=json.dumps(WIDGET), headers=headers)
    assert response.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"name": "a", "price": "9" * 500_000}),
        json.dumps({"name": "a", "price": 1, "k" * 500_000: 1}),
        json.dumps({f"key {n}": n for n in range(5_000)}),
    ],
    ids=["value", "key", "keys"],
)
async def test_refusal_is_short(client: httpx.AsyncClient, body: str) -> None:
    """However much was sent, an error repeats only enough of it to recognise it."""
    response = await post_raw(client, body)
    assert response.status_code == 422
    assert len(message_of(response)) < 1_000


# --- paths and methods


@pytest.mark.parametrize("path", ["/", "/nowhere", "/items/1/", "/items/", "/items/1/2"])
async def test_unknown_path(client: httpx.AsyncClient, path: str) -> None:
    """A path that does not exist is a 404, without a redirect to one that does."""
    response = await client.get(path)
    assert response.status_code == 404
    assert message_of(response) == f"{path} does not exist: /docs lists the paths that do"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/items/1", "DELETE, GET, PATCH, PUT"),
        ("DELETE", "/items", "GET, POST"),
        ("PUT", "/health", "GET"),
        ("OPTIONS", "/items", "GET, POST"),
    ],
)
async def test_method_not_allowed(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    """A method that a path does not have is a 405 that names those it has."""
    response = await client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert message_of(response) == f"{method} is not allowed on {path}; allowed: {allowed}"


async def test_head_has_no_body(client: httpx.AsyncClient) -> None:
    """HEAD is not offered; its refusal has no body, and the next answer is not disturbed."""
    response = await client.head("/items/1")
    assert response.status_code == 405
    assert response.content == b""
    assert (await client.get("/items/1")).status_code == 200


# --- answers as such


async def test_health(client: httpx.AsyncClient) -> None:
    """The health check answers exactly its status and the id of the process."""
    response = await client.get("/health")
    assert response.status_code == 200
    pid = response.json()["pid"]
    assert pid > 0
    assert response.json() == {"status": "ok", "pid": pid}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/items/1", 200),
        ("POST", "/items", 201),
        ("GET", f"/items/{NEVER_ASSIGNED}", 404),
        ("PUT", "/health", 405),
        ("GET", "/items/abc", 422),
    ],
)
async def test_answer_headers(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """Every answer is JSON of a declared length."""
    body = WIDGET if method == "POST" else None
    response = await client.request(method, path, json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(response.content))


async def test_connection_is_kept(client: httpx.AsyncClient) -> None:
    """Answers of every kind leave the connection open for the next request."""
    answers = [
        await client.get("/items/1"),
        await client.get("/nowhere"),
        await client.post("/items", json=WIDGET),
        await post_raw(client, "{"),
        await client.get("/items/1"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 201, 422, 200]
    # In process there is no connection, and so no stream to tell apart.
    assert len({id(answer.extensions.get("network_stream")) for answer in answers}) == 1
