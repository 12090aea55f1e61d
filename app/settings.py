"""What can be set from outside: environment variables that begin with `ITEMS_`."""

import os
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "ITEMS_"
SQLITE: Final = "sqlite:///"


def _known_storage(storage: str) -> str:
    if storage != "memory" and not (storage.startswith(SQLITE) and len(storage) > len(SQLITE)):
        raise ValueError("must be memory or sqlite:///PATH")
    return storage


class Settings(BaseSettings):
    """The settings of one app: read once, when it is created.

    As they stand, the app is bare: that is what is measured unless a run says otherwise.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    seeded_items: int = Field(default=100, ge=0, le=1_000_000)
    """How many items a fresh store holds, with the ids from 1 upwards."""

    max_body_bytes: int = Field(default=2**20, ge=1)
    """The longest body of a request that is read; a longer one is a 413."""

    storage: Annotated[str, AfterValidator(_known_storage)] = "memory"
    """memory, or sqlite:///PATH: relative to where the server runs; a fourth slash: absolute."""

    cache: Literal["none", "lru"] = "none"
    """none, or lru: the items that were used last, in the memory of each process."""

    cache_ttl_s: float = Field(default=5.0, gt=0, le=86_400)
    """How long an item may be answered from the cache."""

    cache_items: int = Field(default=10_000, ge=1)
    """How many items the cache of a process holds at most."""


def read_settings() -> Settings:
    """Read the environment; a variable with our prefix that sets nothing is refused."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    stray = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if stray:
        raise ValueError(f"{stray[0]} sets nothing; known: {', '.join(sorted(known))}")
    return Settings()
