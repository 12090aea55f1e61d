"""The functional suite: what the items API owes its clients under every server.

In process by default, with a fresh store for each test; against a live server with `--base-url`,
where it gates every run, with the token in WEIGHBRIDGE_TOKEN where writes need one, and with what
is known of the server in WEIGHBRIDGE_INTERFACE and WEIGHBRIDGE_LACKS: without, it is asked, and
what it does not speak is not tested. A live server need not be fresh: it holds the 100 seeded
items, and whatever earlier tests have created. It must run one worker, or share its store: an item
that one worker keeps in memory is unknown to the others.
"""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

NEVER_ASSIGNED = 2**63 - 1
WIDGET = {"name": "widget", "price": 9.5}
JSON_TYPE = {"Content-Type": "application/json"}
TOKEN = os.environ.get("WEIGHBRIDGE_TOKEN")
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


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
        headers=AUTHORIZATION,
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


# --- exporting


async def exported(client: httpx.AsyncClient) -> list[Any]:
    """Return every item as the export has it."""
    response = await client.get("/items/export")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.content.removesuffix(b"\n").split(b"\n")]


async def test_export_success(client: httpx.AsyncClient) -> None:
    """The export begins with the seeded items, the same bytes as each one's own answer."""
    lines = (await client.get("/items/export")).content.split(b"\n")
    assert lines[0] == (await client.get("/items/1")).content
    assert lines[99] == (await client.get("/items/100")).content
    assert lines[-1] == b""


async def test_export_is_whole(client: httpx.AsyncClient) -> None:
    """Each item is on one line, whatever its name, in the order of the ids; 64 kB are no limit."""
    names = ["line\nbreak\r\u2028\x85", *["\U0001f469" * 1000] * 20]
    created = [(await client.post("/items", json=WIDGET | {"name": name})).json() for name in names]
    items = await exported(client)
    ids = [item["id"] for item in items]
    assert ids == sorted(set(ids))
    assert [item for item in items if item["id"] >= created[0]["id"]] == created


async def test_export_after_delete(client: httpx.AsyncClient, created: str) -> None:
    """What was deleted is not exported."""
    before = await exported(client)
    await client.delete(created)
    assert await exported(client) == [item for item in before if item["id"] != id_in(created)]


async def test_export_left_early(client: httpx.AsyncClient) -> None:
    """Who leaves an export half read does not keep the server from others."""
    for _ in range(20):
        await client.post("/items", json=WIDGET | {"name": "\U0001f469" * 1000})
    for _ in range(3):
        async with client.stream("GET", "/items/export") as response:
            pieces = response.aiter_raw(1)
            assert await anext(pieces) == b"{"
    assert (await client.get("/items/1")).status_code == 200


# --- events


@pytest.fixture
async def interface(client: httpx.AsyncClient, base_url: str | None) -> str:
    """Name what the server speaks, asgi or wsgi; one of which nothing is known is asked."""
    known = os.environ.get("WEIGHBRIDGE_INTERFACE")
    if not base_url or known:
        return known or "asgi"
    answer = await client.get("/items/events?count=1&interval=0")
    return "wsgi" if answer.status_code == 501 else "asgi"


@pytest.fixture
def asgi(interface: str) -> None:
    """Skip what a WSGI server cannot do."""
    if interface == "wsgi":
        pytest.skip("a WSGI server gives each client a thread")


def events_in(response: httpx.Response) -> list[tuple[str, str, Any]]:
    """Return id, name and data of each event."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    *blocks, end = response.text.split("\n\n")
    assert end == ""
    events = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    assert all(list(event) == ["id", "event", "data"] for event in events)
    return [(event["id"], event["event"], json.loads(event["data"])) for event in events]


@pytest.mark.usefixtures("asgi")
async def test_events_success(client: httpx.AsyncClient) -> None:
    """Each event has an id, a name and an item, and says how many there are."""
    response = await client.get("/items/events?count=3&interval=0")
    items = (await client.get("/items?limit=3")).json()
    assert events_in(response) == [
        (str(n), "item", {"number": n, "of": 3, "item": item}) for n, item in enumerate(items, 1)
    ]


@pytest.mark.usefixtures("asgi")
async def test_events_many(client: httpx.AsyncClient) -> None:
    """There are exactly as many as were asked for, none twice."""
    events = events_in(await client.get("/items/events?count=1500&interval=0"))
    assert [number for number, _, _ in events] == [str(n) for n in range(1, 1501)]


@pytest.mark.usefixtures("asgi")
async def test_events_go_on(client: httpx.AsyncClient) -> None:
    """A client that had some gets the others; one that had all is told to ask no more."""
    url = "/items/events?count=3&interval=0"
    rest = events_in(await client.get(url, headers={"Last-Event-ID": "1"}))
    assert [number for number, _, _ in rest] == ["2", "3"]
    assert (await client.get(url, headers={"Last-Event-ID": "3"})).status_code == 204


@pytest.mark.usefixtures("asgi")
async def test_events_arrive_at_once(client: httpx.AsyncClient, base_url: str | None) -> None:
    """The first event arrives long before the second is due; a client may leave between them."""
    if not base_url:
        pytest.skip("in process an answer arrives when it is whole")
    async with client.stream("GET", "/items/events?count=2&interval=10000") as response:
        lines = response.aiter_lines()  # kept: its end would be that of the answer
        assert await anext(lines) == "id: 1"
    assert (await client.get("/items/1")).status_code == 200


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("count=0", "count: must be greater than or equal to 1 (got "),
        ("count=10001", "count: must be less than or equal to 10000 (got "),
        ("count=ten", 'count: must be an integer (got "ten")'),
        ("interval=-1", "interval: must be greater than or equal to 0 (got "),
        ("interval=10001", "interval: must be less than or equal to 10000 (got "),
        ("interval=0.5", 'interval: must be an integer (got "0.5")'),
    ],
)
async def test_events_invalid(client: httpx.AsyncClient, query: str, complaint: str) -> None:
    """Events that cannot be are a 422 that says what can be."""
    response = await client.get(f"/items/events?{query}")
    assert response.status_code == 422
    assert message_of(response).startswith(complaint)


async def test_events_refused_under_wsgi(client: httpx.AsyncClient, interface: str) -> None:
    """A WSGI server says that it cannot."""
    if interface == "asgi":
        pytest.skip("an ASGI server")
    response = await client.get("/items/events")
    assert response.status_code == 501
    assert message_of(response).startswith("/items/events needs an ASGI server")


# --- WebSocket


@pytest.fixture
async def handshake(client: httpx.AsyncClient, base_url: str | None, interface: str) -> int | None:
    """Tell the status that a handshake is owed; None where there is no server to answer one."""
    if not base_url:
        return None
    lacks = os.environ.get("WEIGHBRIDGE_LACKS")
    if lacks is None:
        async with client.stream("GET", "/items/ws", headers=HANDSHAKE) as response:
            return response.status_code
    if interface == "wsgi":
        return 501
    return 400 if "websocket" in lacks.split() else 101


@pytest.fixture
async def websocket(
    base_url: str | None, tls: ssl.SSLContext, handshake: int | None
) -> AsyncIterator[ClientConnection]:
    """Connect to the echo of a server that has one."""
    if handshake != 101 or not base_url:
        pytest.skip("no server here speaks WebSocket")
    async with connected(base_url, tls) as connection:
        yield connection


def connected(base_url: str, tls: ssl.SSLContext) -> connect:
    """Connect without a limit of the client's own."""
    return connect(
        base_url.replace("http", "ws", 1) + "/items/ws",
        additional_headers=AUTHORIZATION,
        ssl=tls if base_url.startswith("https") else None,
        proxy=None,
        max_size=None,
    )


async def answer_to(websocket: ClientConnection, message: str) -> Any:
    """Send a message; return what its answer holds."""
    await websocket.send(message)
    return json.loads(await websocket.recv(decode=True))


async def closed_after(websocket: ClientConnection, message: str | bytes) -> int | None:
    """Send a message that is refused; return the code that the server closes with."""
    await websocket.send(message)
    with pytest.raises(ConnectionClosed) as closed:
        await websocket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else None


def codes_for(code: int) -> set[int | None]:
    """Return what may arrive for this code: not itself where the server cannot send it."""
    lacks = os.environ.get("WEIGHBRIDGE_LACKS", "").split()
    return {1011, None} if "close-codes" in lacks else {code}


async def test_websocket_echo(websocket: ClientConnection) -> None:
    """A message is answered with the item that it holds, as it is after validation."""
    for name in ("widget", "\U0001f469" * 1000, "line\nbreak"):
        sent = json.dumps(WIDGET | {"name": name, "price": 2})
        answer = {"name": name, "price": 2.0, "in_stock": True}
        assert await answer_to(websocket, sent) == answer


async def test_websocket_in_turn(websocket: ClientConnection) -> None:
    """Messages that are sent at once are answered in their order, each with its own."""
    for price in range(100):
        await websocket.send(json.dumps(WIDGET | {"price": price}))
    answers = [json.loads(await websocket.recv()) for _ in range(100)]
    assert [answer["price"] for answer in answers] == list(range(100))


async def test_websocket_each_its_own(
    websocket: ClientConnection, base_url: str, tls: ssl.SSLContext
) -> None:
    """Two connections do not hear of each other."""
    async with connected(base_url, tls) as other:
        await websocket.send(json.dumps(WIDGET | {"name": "first"}))
        assert (await answer_to(other, json.dumps(WIDGET)))["name"] == "widget"
        assert json.loads(await websocket.recv())["name"] == "first"


async def test_websocket_bad_item_leaves_it_open(websocket: ClientConnection) -> None:
    """An item that does not validate is answered as a `POST` answers it; the next one is heard."""
    refused = [*INVALID_ITEMS.values()] + [
        (body.decode(), complaint)
        for name, (body, complaint) in UNREADABLE_BODIES.items()
        if name not in {"empty", "not-utf-8"}
    ]
    for message, complaint in refused:
        answer = await answer_to(websocket, message)
        assert list(answer) == ["detail"]
        assert complaint in answer["detail"]
    assert (await answer_to(websocket, json.dumps(WIDGET)))["name"] == "widget"


async def test_websocket_binary(websocket: ClientConnection) -> None:
    """A binary message, were it JSON, closes the connection with 1003."""
    assert await closed_after(websocket, json.dumps(WIDGET).encode()) in codes_for(1003)


async def test_websocket_too_long(websocket: ClientConnection) -> None:
    """A message of more than 1 MiB closes the connection with 1009."""
    assert await closed_after(websocket, " " * (2**20 + 1)) in codes_for(1009)


async def test_websocket_without_handshake(client: httpx.AsyncClient, interface: str) -> None:
    """A request that is no handshake is told what is here."""
    response = await client.get("/items/ws")
    assert response.status_code == (501 if interface == "wsgi" else 400)
    assert message_of(response)


async def test_websocket_where_there_is_none(
    client: httpx.AsyncClient, handshake: int | None
) -> None:
    """A server that speaks none answers the handshake, and the app says why."""
    if handshake in {None, 101}:
        pytest.skip("it is spoken here, or there is no server")
    response = await client.get("/items/ws", headers=HANDSHAKE)
    assert response.status_code == handshake
    assert handshake in {400, 501}
    assert "server" in message_of(response)


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
