"""An app whose writes need a token, and tokens for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr

from app.main import create_app
from app.settings import Settings

SECRET = "a secret of thirty-two bytes, or more"  # noqa: S105
# Cheap: what is tested is not how long a hash takes.
HASH = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
SETTINGS = Settings(auth=True, auth_secret=SecretStr(SECRET), auth_users={"ann": SecretStr(HASH)})
APP = create_app(SETTINGS)


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a valid token, changed; None takes one away."""
    now = datetime.now(UTC)
    valid = {"sub": "ann", "aud": "items", "iat": now, "exp": now + timedelta(minutes=1)}
    return {name: value for name, value in (valid | changed).items() if value is not None}


def signed(key: str = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    """Sign such a token."""
    return jwt.encode(claims(**changed), key, algorithm)


def bearing(token: str) -> dict[str, str]:
    """Return the header that bears a token."""
    return {"Authorization": f"Bearer {token}"}
