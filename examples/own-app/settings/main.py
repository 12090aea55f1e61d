import os

from fastapi import FastAPI

TITLE = os.environ["SHOP_TITLE"]
CURRENCY = os.environ["SHOP_CURRENCY"]
DISCOUNT = int(os.environ.get("SHOP_DISCOUNT", "0"))

app = FastAPI(title=TITLE)


@app.get("/offers/{sku}")
async def offer(sku: str):
    return {"sku": sku, "cents": 1000 * (100 - DISCOUNT) // 100, "currency": CURRENCY}
