from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from . import prices

app = FastAPI(title="Orders")


class Line(BaseModel):
    sku: str
    count: int


@app.get("/products/{sku}")
async def product(sku: str):
    if sku not in prices.CENTS:
        raise HTTPException(404, "no such product")
    return {"sku": sku, "cents": prices.CENTS[sku]}


@app.post("/orders", status_code=201)
async def order(lines: list[Line]):
    return {"lines": len(lines), "cents": sum(prices.CENTS[x.sku] * x.count for x in lines)}
