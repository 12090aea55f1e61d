"""What can be set from outside: environment variables that begin with `ITEMS_`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one app: read once, when it is created."""

    model_config = SettingsConfigDict(env_prefix="ITEMS_", frozen=True)

    seeded_items: int = Field(default=100, ge=0, le=1_000_000)
    """How many items a fresh store holds, with the ids from 1 upwards."""
