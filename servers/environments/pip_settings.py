"""Where pip would look for packages, translated for uv, which ignores pip's settings."""

import configparser
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_OF_UV: Final = (
    "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS",
)  # fmt: skip
_KEYS_OF_UV: Final = ("index", "index-url", "extra-index-url", "find-links", "no-index")
_SECTIONS: Final = ("global", "install")
_KEYS: Final = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert")
_TRUE: Final = {"1", "true", "yes", "on", "y", "t"}


@dataclass(frozen=True)
class UvSettings:
    """What uv is given for the settings of pip: variables, and whether no index is to be asked."""

    env: Mapping[str, str] = field(default_factory=dict)
    no_index: bool = False


def as_uv_settings(folder: Path) -> UvSettings:
    """Return pip's settings for uv; nothing where uv has settings of its own in this matter."""
    if any(os.environ.get(name) for name in _OF_UV) or _has_own(folder):
        return UvSettings()
    found = pip_settings()
    extra = found.get("extra-index-url", "").split()
    env = {
        "UV_DEFAULT_INDEX": found.get("index-url", ""),
        "UV_INDEX": " ".join(extra),
        # Of all indexes the best version, as pip does: uv alone would take the first index's.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
        "UV_FIND_LINKS": ",".join(found.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(found.get("trusted-host", "").split()),
        "SSL_CERT_FILE": found.get("cert", ""),
    }
    given = {name: value for name, value in env.items() if value and not os.environ.get(name)}
    return UvSettings(given, no_index=found.get("no-index", "").lower() in _TRUE)


def pip_settings() -> dict[str, str]:
    """Return what pip's files and variables say of indexes; the later win, as pip reads them."""
    found: dict[str, str] = {}
    for file in _files():
        found |= _read(file)
    for key in _KEYS:
        value = os.environ.get(f"PIP_{key.upper().replace('-', '_')}")
        if value:
            found[key] = value
    return found


def _files() -> Iterator[Path]:
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    yield from (Path(folder) / "pip" / "pip.conf" for folder in ("/etc/xdg", own))
    yield Path("/etc/pip.conf")
    yield Path.home() / ".pip" / "pip.conf"
    yield own / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if chosen:
        yield Path(chosen)


def _read(file: Path) -> dict[str, str]:
    """Return what one file says; one that is not there, or not of the form, says nothing."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return {}
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            items = {key.replace("_", "-"): value for key, value in parser.items(section)}
            found |= {key: value for key, value in items.items() if key in _KEYS and value}
    return found


def _has_own(folder: Path) -> bool:
    """Whether a file of uv's says where to look: the person's, the machine's, the project's."""
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = [own / "uv" / "uv.toml", Path("/etc/uv/uv.toml"), folder / "uv.toml"]
    if chosen := os.environ.get("UV_CONFIG_FILE"):
        files.append(Path(chosen))
    tables = [_table(file) for file in files]
    tables.append(_inner(_inner(_table(folder / "pyproject.toml"), "tool"), "uv"))
    tables += [_inner(table, "pip") for table in tables]
    return any(key in table for table in tables for key in _KEYS_OF_UV)


def _inner(table: dict[str, object], key: str) -> dict[str, object]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _table(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
