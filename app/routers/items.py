"""The items endpoints."""

from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, HTTPException, Path, Request, Response

from app.errors import documented
from app.models import MAX_ID, Item, ItemIn
from app.storage import ItemStore

router = APIRouter(prefix="/items", tags=["items"])

ItemId = Annotated[int, Path(ge=1, le=MAX_ID, description="The id that the server assigned.")]


@router.get(
    "/{item_id}",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def read_item(item_id: ItemId, request: Request) -> Item:
    """Return one item."""
    item = await _store(request).get(item_id)
    if item is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"item {item_id} does not exist")
    return item


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def create_item(draft: ItemIn, request: Request, response: Response) -> Item:
    """Keep a new item and say, in `Location`, where it can be fetched."""
    item = await _store(request).add(draft)
    response.headers["Location"] = f"/items/{item.id}"
    return item


# Not a dependency: `Depends`, even on an asynchronous function, costs an eighth of a request.
def _store(request: Request) -> ItemStore:
    return cast("ItemStore", request.app.state.store)
