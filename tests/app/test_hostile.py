"""Whatever a client sends, it is answered in the one shape, and never by a crash."""

from typing import Final
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from app.main import create_app
from tests.app.clients import client_of

APP: Final = create_app()
PATHS: Final = (
    "/items",
    "/items/1",
    "/items/0",
    "/items/export",
    "/items/ws",
    "/health",
    "/nowhere",
)
CONTENT_TYPES: Final = (
    None,
    "",
    "application/json",
    "application/json; charset=utf-16",
    "application/vnd.api+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "/",
    "\xff",
)
METHODS: Final = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"])
PIECES: Final = (
    *("{", "}", "[", "]", ",", ":", '"name"', '"price"', '"in_stock"', "null", "true", " ", "1"),
    *("1e400", "NaN", "-0", "9" * 400, '"\\ud800"', '"\\u0000"', "\0", "\ufeff", "\U0001f469"),
)
JSON_LIKE: Final = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
BODIES: Final = (
    st.binary(max_size=60)
    | JSON_LIKE.map(str.encode)
    | st.builds(str.encode, JSON_LIKE, st.sampled_from(["utf-16", "utf-32-be", "utf-8-sig"]))
)
NUMBERS: Final = (
    st.integers().map(str)
    | st.floats().map(str)
    | st.from_regex(r"[-+]?[0-9_]{1,30}(\.0)?", fullmatch=True)
    | st.text(max_size=10)
)


@settings(max_examples=200)
@given(
    method=METHODS,
    path=st.sampled_from(PATHS),
    content=BODIES,
    content_type=st.sampled_from(CONTENT_TYPES),
)
async def test_any_body(method: str, path: str, content: bytes, content_type: str | None) -> None:
    """No bytes, under no method and no content type, are a 500."""
    headers = [] if content_type is None else [(b"Content-Type", content_type.encode("latin-1"))]
    await answered(method, path, content=content, headers=headers)


@settings(max_examples=200)
@given(
    method=METHODS,
    item_id=NUMBERS,
    query=st.lists(
        st.tuples(st.sampled_from(["limit", "offset"]) | st.text(max_size=5), NUMBERS), max_size=3
    ),
)
async def test_any_path_and_query(method: str, item_id: str, query: list[tuple[str, str]]) -> None:
    """No id, limit or offset is a 500."""
    asked = "&".join(f"{quote_all(name)}={quote_all(value)}" for name, value in query)
    await answered(method, f"/items/{quote_all(item_id)}")
    await answered(method, f"/items?{asked}")


async def answered(
    method: str, url: str, content: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    """Send a request; its answer is a right one, or a refusal in the one shape."""
    async with client_of(APP) as client:
        response = await client.request(method, url, content=content, headers=headers)
    assert response.status_code < 500
    if response.status_code >= 400 and method != "HEAD":
        assert list(response.json()) == ["detail"]


def quote_all(text: str) -> str:
    """Return the text as it travels in a URL, half a surrogate pair too."""
    return quote(text.encode(errors="surrogatepass"), safe="")
