import os
import secrets

from fastapi import Depends, FastAPI, Header, HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

KEY = os.environ["ORDERS_API_KEY"]


def known_key(x_api_key: str = Header()):
    if not secrets.compare_digest(x_api_key, KEY):
        raise HTTPException(403, "unknown API key")


app = FastAPI(dependencies=[Depends(known_key)])
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["api.example.com"])


@app.get("/orders")
async def orders():
    return [{"id": 1, "state": "sent"}]
