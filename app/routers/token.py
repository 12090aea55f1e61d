"""The token endpoint: a name and a password in, a token out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import OAuth2PasswordRequestForm

from app.auth import authenticator, unauthorized
from app.errors import documented
from app.models import Token

router = APIRouter(tags=["token"])


@router.post(
    "/token",
    responses=documented(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
)
async def create_token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request, response: Response
) -> Token:
    """Give a token to a user who knows the password (OAuth2, password flow)."""
    known = authenticator(request)
    if not await known.knows(form.username, form.password):
        raise unauthorized("wrong name or password")
    response.headers["Cache-Control"] = "no-store"
    return Token(access_token=known.token(form.username), expires_in=known.token_s)
