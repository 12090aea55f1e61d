import time
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

SECRET = "only-for-this-example-0123456789abcdef"
USERS = {f"user{n}": f"pass{n}" for n in range(100)}

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="login")


@app.post("/login")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    if USERS.get(form.username) != form.password:
        raise HTTPException(401, "wrong user name or password")
    claims = {"sub": form.username, "exp": int(time.time()) + 900}
    return {"access_token": jwt.encode(claims, SECRET, "HS256"), "token_type": "bearer"}


async def user(token: Annotated[str, Depends(bearer)]):
    try:
        return jwt.decode(token, SECRET, ["HS256"])["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, "log in again") from None


@app.get("/me")
async def me(name: Annotated[str, Depends(user)]):
    return {"name": name}
