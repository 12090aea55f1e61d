"""A shop with an API, asked in this process; its document is that of FastAPI."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import httpx
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

from bench.workloads.requests.plain_request import PlainRequest

BASE = httpx.URL("http://127.0.0.1:8000")


class Item(BaseModel):
    """What is posted."""

    name: str = Field(min_length=3)
    price: float = Field(gt=0)
    tags: list[str] = []


class Node(BaseModel):
    """Nobody can make one up."""

    child: "Node"


def shop(**more: Any) -> FastAPI:
    """Three items with numbers from 11 on, and what is hard to ask for."""
    app = FastAPI(**more)
    sell_items(app)

    @app.get("/search")
    def search(q: str, x_shop: Annotated[str, Header()]) -> dict[str, str]:
        return {"q": q, "shop": x_shop}

    @app.get("/users/{user_id}")
    def user(user_id: int) -> None:
        raise HTTPException(404, f"no user {user_id}")

    @app.get("/private")
    def private() -> None:
        raise HTTPException(401)

    @app.post("/nodes")
    def nodes(node: Node) -> Node:
        return node

    return app


def sell_items(app: FastAPI) -> None:
    """Items by their numbers, which come and go as an API has it."""
    store: dict[int, dict[str, Any]] = {n: {"id": n, "name": f"item {n}"} for n in (11, 12, 13)}

    def found(number: int) -> dict[str, Any]:
        if number not in store:
            raise HTTPException(404)
        return store[number]

    @app.get("/items")
    def items(limit: int = 10) -> list[dict[str, Any]]:
        return list(store.values())[:limit]

    @app.get("/items/{item_id}")
    def item(item_id: int) -> dict[str, Any]:
        return found(item_id)

    @app.get("/items/{item_id}/price")
    def price(item_id: int) -> int:
        return len(found(item_id))

    @app.post("/items", status_code=201)
    def make(new: Item) -> dict[str, Any]:
        number = max(store) + 1
        store[number] = {"id": number, **new.model_dump()}
        return store[number]

    @app.put("/items/{item_id}")
    def put(item_id: int, new: Item) -> dict[str, Any]:
        return found(item_id) | new.model_dump()

    @app.delete("/items/{item_id}", status_code=204)
    def delete(item_id: int) -> None:
        del store[found(item_id)["id"]]


def asking(app: Any) -> Callable[[PlainRequest], Awaitable[httpx.Response]]:
    """How a plan asks it."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app))

    async def ask(request: PlainRequest) -> httpx.Response:
        return await client.send(request.to(BASE))

    return ask
