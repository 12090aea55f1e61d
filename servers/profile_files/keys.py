"""Which keys a profile's file may have, and of which type each is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from servers.profile_files.protocol_tables import ProtocolTable, WebSocketTable

Line = Annotated[list[str], Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ServeTable(_Table):
    """How it is run for a person: `serve`."""

    argv: Line
    reload: Line | None = None
    requires: list[str] = []


class OlderTable(_Table):
    """How a version below another is run."""

    below: str
    without: list[str] = []
    requires: list[str] = []
    lacks: str | None = None


class VariantTable(_Table):
    """What a variant may set; what it does not set is the base's."""

    interface: Literal["asgi", "wsgi"] | None = None
    title: str | None = None
    requires: list[str] | None = None
    package: str | None = None
    argv: Line | None = None
    url: str | None = None
    tls: bool | None = None
    verify: bool | str | None = None
    env: dict[str, str] = {}
    serve: ServeTable | None = None
    wsgi_default: bool = False
    adapter: str | None = None
    lacks: list[Literal["lifespan", "websocket", "close-codes"]] = []
    websocket_by: list[str] = []
    older: list[OlderTable] | None = None
    protocols: dict[str, ProtocolTable] = {}
    websocket: WebSocketTable | None = None
    default_over: list[Literal["https/1.1", "h2c", "h2", "h3"]] = []


class ProfileTable(VariantTable):
    """The whole file: a profile, and its variants."""

    name: str
    interface: Literal["asgi", "wsgi"]
    default: bool = False
    variants: dict[str, VariantTable] = {}


def fields_at(where: tuple[int | str, ...]) -> list[str]:
    """The keys that the table around a key may have."""
    inner: dict[str | int, type[BaseModel]] = {
        "serve": ServeTable,
        "older": OlderTable,
        "protocols": ProtocolTable,
        "websocket": WebSocketTable,
    }
    for part in where[:-1]:
        if part in inner:
            return sorted(inner[part].model_fields)
    table = VariantTable if where[0] == "variants" else ProfileTable
    return sorted(table.model_fields)
