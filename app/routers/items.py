"""The items endpoints: what only reads, and what writes."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, cast

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from app.bodies import JsonRoute
from app.errors import documented
from app.models import MAX_ID, Item, ItemChanges, ItemIn
from app.numbers import Digits
from app.storage import ItemStore

_STREAMS: Final = ("events", "export", "ws")
"""Paths below /items that are no items: `app.routers.streams` has them."""

MAX_LIMIT: Final = 1000
"""The most items of one page."""

_UNAVAILABLE: Final = documented(HTTPStatus.SERVICE_UNAVAILABLE)
_INVALID: Final = documented(HTTPStatus.UNPROCESSABLE_ENTITY)
_NOT_FOUND: Final = documented(HTTPStatus.NOT_FOUND)
_TOO_LONG: Final = documented(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class _ItemIdConvertor(StringConvertor):
    """Takes any segment but those of other endpoints, which therefore can stand behind."""

    regex = rf"(?!(?:{'|'.join(_STREAMS)})\Z)[^/]+"


register_url_convertor("item", _ItemIdConvertor())
_ITEM: Final = "/{item_id:item}"

reads = APIRouter(prefix="/items", tags=["items"], responses=_INVALID | _UNAVAILABLE)
writes = APIRouter(
    prefix="/items", tags=["items"], responses=_INVALID | _UNAVAILABLE, route_class=JsonRoute
)

ItemId = Annotated[int, Digits(1, MAX_ID), Path(description="The id that the server assigned.")]
Limit = Annotated[int, Digits(1, MAX_LIMIT), Query(description="The most items to return.")]
Offset = Annotated[int, Digits(0, MAX_ID), Query(description="How many items to pass over.")]


@reads.get("")
async def list_items(request: Request, limit: Limit = 100, offset: Offset = 0) -> Sequence[Item]:
    """Return items in the order of their ids."""
    return await _store(request).page(limit, offset)


@reads.get(_ITEM, responses=_NOT_FOUND)
async def read_item(item_id: ItemId, request: Request) -> Item:
    """Return one item."""
    return _found(item_id, await _store(request).get(item_id))


@writes.post("", status_code=HTTPStatus.CREATED, responses=_TOO_LONG)
async def create_item(draft: ItemIn, request: Request, response: Response) -> Item:
    """Keep a new item and say, in `Location`, where it can be fetched."""
    item = await _store(request).add(draft)
    response.headers["Location"] = f"/items/{item.id}"
    return item


@writes.put(_ITEM, responses=_NOT_FOUND | _TOO_LONG)
async def replace_item(item_id: ItemId, draft: ItemIn, request: Request) -> Item:
    """Put another item in the place of one; what the body leaves out takes its default."""
    return _found(item_id, await _store(request).replace(item_id, draft))


@writes.patch(_ITEM, responses=_NOT_FOUND | _TOO_LONG)
async def change_item(item_id: ItemId, changes: ItemChanges, request: Request) -> Item:
    """Change the fields that the body names; the others stay as they are."""
    return _found(item_id, await _store(request).change(item_id, changes))


@writes.delete(_ITEM, status_code=HTTPStatus.NO_CONTENT, responses=_NOT_FOUND)
async def delete_item(item_id: ItemId, request: Request) -> None:
    """Forget an item; its id is not given again."""
    if not await _store(request).delete(item_id):
        raise _missing(item_id)


# Not a dependency: `Depends`, even on an asynchronous function, costs an eighth of a request.
def _store(request: Request) -> ItemStore:
    return cast("ItemStore", request.app.state.store)


def _found(item_id: int, item: Item | None) -> Item:
    if item is None:
        raise _missing(item_id)
    return item


def _missing(item_id: int) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"item {item_id} does not exist")
