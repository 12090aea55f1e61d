"""The `[protocols.NAME]` tables of a profile: how its launch line differs for a protocol."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from servers.protocol import Protocol, Spoken


class ProtocolTable(BaseModel):
    """What such a table may hold: the line in full, or how it differs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    argv: Annotated[list[str], Field(min_length=1)] | None = None
    add: list[str] = []
    replace: dict[str, str] = {}
    requires: list[str] = []
    title: str | None = None
    env: dict[str, str] = {}
    url: str | None = None
    faults: dict[str, str] = {}


class WebSocketTable(BaseModel):
    """What the table `[websocket]` may hold."""

    model_config = ConfigDict(extra="forbid", strict=True)

    add: list[str] = []
    replace: dict[str, str] = {}
    requires: list[str] = []


class Refusal(NamedTuple):
    """What is wrong with a table: the key, and what to do."""

    key: tuple[str, ...]
    complaint: str
    holding: str | None = None


def spoken_in(
    name: str, table: Mapping[str, Any], argv: Sequence[str], url: str | None, base: Protocol
) -> tuple[Protocol, Spoken] | Refusal:
    """Read one table of a profile with this line, or url, that speaks `base` as it stands."""
    if name not in set(Protocol):
        return Refusal((), f"unknown protocol {name!r}; known: {', '.join(Protocol)}")
    protocol = Protocol(name)
    if protocol is base:
        own = "url" if url is not None else "argv"
        return Refusal((), f"{name!r} is what '{own}' itself speaks: leave this table out")
    refusal = _misplaced(table, url) or _unclear(table)
    if refusal is not None:
        return refusal
    if url is not None:
        return protocol, Spoken(title=table.get("title"), url=table.get("url", url).rstrip("/"))
    line = tuple(table.get("argv", argv))
    for old, new in table.get("replace", {}).items():
        changed = replaced(line, old.split(), new.split())
        if changed is None:
            return Refusal(("replace",), f"'replace' names {old!r}, which 'argv' does not hold")
        line = changed
    return protocol, Spoken(
        argv=(*line, *table.get("add", ())),
        requires=tuple(table.get("requires", ())),
        title=table.get("title"),
        env=tuple(table.get("env", {}).items()),
        faults=tuple(table.get("faults", {}).items()),
    )


def _misplaced(table: Mapping[str, Any], url: str | None) -> Refusal | None:
    """Refuse a launch line for a server that somebody else runs, and a url for one that is not."""
    if url is None and "url" in table:
        return Refusal(("url",), "'url' is for a profile with a 'url': this one has 'argv'")
    if url is not None:
        for key in table:
            if key not in {"url", "title"}:
                complaint = f"'{key}' is for a profile with 'argv': this one has a 'url'"
                return Refusal((key,), complaint)
    return None


def _unclear(table: Mapping[str, Any]) -> Refusal | None:
    """Refuse a line in full that is to be changed, too."""
    for key in ("add", "replace"):
        if "argv" in table and key in table:
            return Refusal((key,), f"'{key}' changes the profile's line: leave out it or 'argv'")
    return None


def replaced(
    line: tuple[str, ...], old: Sequence[str], new: Sequence[str]
) -> tuple[str, ...] | None:
    """Replace arguments that follow each other; None: they are not in the line."""
    for start in range(len(line) - len(old) + 1):
        if list(line[start : start + len(old)]) == list(old):
            return (*line[:start], *new, *line[start + len(old) :])
    return None
