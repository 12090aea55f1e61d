"""The app, and the function that makes it."""

import os
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Path, Request
from pydantic import BaseModel, Field

from .catalogue import PRODUCTS, Product
from .prices import shown

router = APIRouter()


class Line(BaseModel):
    """So many of one product."""

    sku: str
    count: Annotated[int, Field(ge=1, le=1000)]


class Offer(BaseModel):
    """A product as customers see it."""

    sku: str
    title: str
    price: str


class Quote(BaseModel):
    """What several products cost together."""

    lines: int
    total: str


@router.get("/products/{sku}")
async def get_product(sku: str, request: Request) -> Offer:
    """Show one product."""
    product = find(sku)
    price = shown(product.cents, request.app.state.currency)
    return Offer(sku=sku, title=product.title, price=price)


@router.get("/prices/{count}")
async def get_prices(count: Annotated[int, Path(ge=1, le=1000)], request: Request) -> list[Offer]:
    """Show what so many of each product cost."""
    currency = request.app.state.currency
    return [
        Offer(sku=each.sku, title=each.title, price=shown(each.cents * count, currency))
        for each in PRODUCTS.values()
    ]


@router.post("/quotes")
async def create_quote(lines: list[Line], request: Request) -> Quote:
    """Add up what was asked for."""
    cents = sum(find(line.sku).cents * line.count for line in lines)
    return Quote(lines=len(lines), total=shown(cents, request.app.state.currency))


def find(sku: str) -> Product:
    """Return a product; a 404 where there is none."""
    if sku not in PRODUCTS:
        raise HTTPException(404, f"product '{sku}' does not exist")
    return PRODUCTS[sku]


def create() -> FastAPI:
    """Make the app; SHOP_CURRENCY is EUR unless it is set."""
    app = FastAPI(title="Shop")
    app.state.currency = os.environ.get("SHOP_CURRENCY", "EUR")
    app.include_router(router)
    return app


app = create()
