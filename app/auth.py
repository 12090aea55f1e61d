"""Who may write: passwords in, signed and expiring tokens out. Run it to make a password's hash."""

import asyncio
import getpass
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, cast

import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.settings import Settings

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "items"
MOST_PASSWORD_CHARS: Final = 1024

_hashing: Final = PasswordHash((Argon2Hasher(),))
_bearer: Final = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)


@dataclass(frozen=True)
class Authenticator:
    """Knows the users' password hashes and the secret that signs tokens."""

    secret: str
    users: Mapping[str, str]
    """Argon2 hash by name."""
    token_s: int
    decoy: str
    """The hash that an unknown name's password is held against: it takes as long as a known one."""

    @classmethod
    def of(cls, settings: Settings) -> "Authenticator":
        """Take users and secret from the settings, which have refused to be without."""
        users = {name: each.get_secret_value() for name, each in settings.auth_users.items()}
        secret = settings.auth_secret.get_secret_value() if settings.auth_secret else ""
        return cls(secret, users, settings.auth_token_s, next(iter(users.values())))

    async def knows(self, name: str, password: str) -> bool:
        """Tell whether this is the user's password; tens of milliseconds, in a thread."""
        if len(password) > MOST_PASSWORD_CHARS:
            return False
        known = self.users.get(name)
        right = await asyncio.to_thread(_hashing.verify, password, known or self.decoy)
        return right and known is not None

    def token(self, name: str) -> str:
        """Return a token that says who it was given to, and until when it is valid."""
        now = datetime.now(UTC)
        claims = {
            "sub": name,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + timedelta(seconds=self.token_s),
        }
        return jwt.encode(claims, self.secret, ALGORITHM)

    def user(self, token: str) -> str | None:
        """Return who a token was given to; None: it is not valid, or there is no such user now."""
        try:
            claims = jwt.decode(
                token,
                self.secret,
                # Named here, not by the token: else it could choose "none".
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "aud", "iat", "exp"]},
            )
        except jwt.InvalidTokenError:
            return None
        name = cast("str", claims["sub"])
        return name if name in self.users else None


async def get_current_user(request: Request, token: Annotated[str | None, Depends(_bearer)]) -> str:
    """Return the name of the user whose token the request bears; a 401 without a valid one."""
    return user_of(authenticator(request), token)


def user_of(known: Authenticator, token: str | None) -> str:
    """Return the name of the user who has this token; a 401 where nobody has."""
    if not token:
        raise unauthorized("this needs a token: POST /token gives one", "Bearer")
    user = known.user(token)
    if user is None:
        message = "the token is not valid, or has expired: POST /token gives a new one"
        raise unauthorized(message, 'Bearer error="invalid_token"')
    return user


def authenticator(request: Request) -> Authenticator:
    """Return what this app knows of users and tokens."""
    return cast("Authenticator", request.app.state.authenticator)


def unauthorized(message: str, challenge: str = "Bearer") -> HTTPException:
    """Return a 401, which says how to do better (RFC 6750, 3)."""
    return HTTPException(HTTPStatus.UNAUTHORIZED, message, {"WWW-Authenticate": challenge})


def _print_user(name: str) -> None:
    """Ask for a password and print the user as ITEMS_AUTH_USERS wants it."""
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    sys.stdout.write(json.dumps({name: _hashing.hash(password)}) + "\n")


if __name__ == "__main__":
    _print_user(*sys.argv[1:2] or ["admin"])
