"""What can be set from outside: environment variables that begin with `ITEMS_`."""

import os
import re
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "ITEMS_"
SQLITE: Final = "sqlite:///"
# Stricter than the client's own reading, which takes what it does not know for something else.
_REDIS: Final = re.compile(
    r"rediss?://([^\s/?#@]*@)?"
    r"([\w-]{1,63}(\.[\w-]{1,63})*|\[[0-9a-f:.]+\])"
    r"(:(?P<port>[0-9]{1,5}))?(/[0-9]{1,4})?",
    re.ASCII | re.IGNORECASE,
)
_MOST_PORT: Final = 2**16 - 1
_ARGON2: Final = re.compile(
    r"\$argon2(id|i|d)(\$v=\d+)?\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+", re.ASCII
)
_LEAST_SECRET_BYTES: Final = 32  # RFC 7518, 3.2: a key for HS256 is no shorter than its hash.


def _known_storage(storage: str) -> str:
    if storage != "memory" and not (storage.startswith(SQLITE) and len(storage) > len(SQLITE)):
        raise ValueError("must be memory or sqlite:///PATH")
    return storage


def _known_cache(cache: str) -> str:
    if cache in {"none", "lru"}:
        return cache
    redis = _REDIS.fullmatch(cache)
    if redis is None or int(redis["port"] or 0) > _MOST_PORT:
        raise ValueError(
            "must be none, lru or redis://HOST:PORT/DATABASE: "
            "rediss for TLS, USER:PASSWORD@ before the host, a number as the database, no query"
        )
    return cache


def _named_folder(folder: object) -> object:
    if folder == "":
        raise ValueError("must name a folder: empty, it would be where the server runs")
    return folder


class Settings(BaseSettings):
    """The settings of one app: read once, when it is created.

    As they stand, the app is bare: that is what is measured unless a run says otherwise.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # it would be in the log, secrets too
    )

    seeded_items: int = Field(default=100, ge=0, le=1_000_000)
    """How many items a fresh store holds, with the ids from 1 upwards."""

    max_body_bytes: int = Field(default=2**20, ge=1)
    """The longest body of a request that is read; a longer one is a 413."""

    storage: Annotated[str, AfterValidator(_known_storage)] = "memory"
    """memory, or sqlite:///PATH: relative to where the server runs; a fourth slash: absolute."""

    cache: Annotated[str, AfterValidator(_known_cache)] = "none"
    """none; lru: in the memory of each process; redis://HOST:PORT/DATABASE: shared by all."""

    cache_ttl_s: float = Field(default=5.0, gt=0, le=86_400)
    """How long an item may be answered from the cache."""

    cache_items: int = Field(default=10_000, ge=1)
    """How many items the cache of a process holds at most."""

    metrics: Annotated[Path | None, BeforeValidator(_named_folder)] = None
    """The folder in which the workers of one server gather their counts for /metrics; None: off."""

    auth: bool = False
    """Whether writes need a token."""

    auth_secret: SecretStr | None = None
    """What tokens are signed with, 32 bytes or more; required with auth, and never defaulted."""

    auth_users: dict[str, SecretStr] = {}
    """Argon2 hash of the password by name, as JSON; required with auth."""

    auth_token_s: int = Field(default=1800, ge=1, le=86_400)
    """How long a token is valid."""

    @model_validator(mode="after")
    def _refuse_unguarded(self) -> Self:
        """Refuse to start with auth on and nothing to check it with."""
        if not self.auth:
            return self
        secret = self.auth_secret.get_secret_value() if self.auth_secret else ""
        if len(secret.encode()) < _LEAST_SECRET_BYTES:
            raise ValueError(
                f"{PREFIX}AUTH needs {PREFIX}AUTH_SECRET, {_LEAST_SECRET_BYTES} bytes or more: "
                "openssl rand -hex 32"
            )
        if not self.auth_users:
            raise ValueError(
                f"{PREFIX}AUTH needs {PREFIX}AUTH_USERS, JSON of Argon2 hashes by name: "
                "python -m app.auth makes one"
            )
        for name, hashed in self.auth_users.items():
            if not _ARGON2.fullmatch(hashed.get_secret_value()):
                raise ValueError(
                    f"{PREFIX}AUTH_USERS: what {name!r} has is no Argon2 hash: "
                    "python -m app.auth makes one"
                )
        return self


def read_settings() -> Settings:
    """Read the environment; a variable with our prefix that sets nothing is refused."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    stray = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if stray:
        raise ValueError(f"{stray[0]} sets nothing; known: {', '.join(sorted(known))}")
    return Settings()
