"""Locks as requirements, by the tools that read them; and what is not locked, of pipenv's."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from servers.errors import ProfileError
from servers.requirements.given import PIPFILE, POETRY_LOCK, UV_LOCK, Requirements
from servers.requirements.text import read_text, read_toml

_POETRY: Final = (
    "tool", "run", "--quiet", "--from", "poetry>=2,<3", "--with", "poetry-plugin-export",
)  # fmt: skip
_DEFAULT: Final = "default"
_DEVELOP: Final = {"dev", "develop", "dev-packages"}
_UNLOCKED: Final = {_DEFAULT: "packages", "develop": "dev-packages"}
"""What a Pipfile calls the groups of its lock."""
_TABLES: Final = {"source", "requires", "scripts", "pipenv", "pipfile", "build-system"}
"""Of a Pipfile, that are no groups."""
_MARKERS: Final = (
    "os_name", "sys_platform", "platform_machine", "platform_system", "python_version",
    "python_full_version", "implementation_name",
)  # fmt: skip
"""Keys under which an entry has a marker, with a comparison as its value."""


def export(requirements: Requirements, to: Path) -> list[str] | None:
    """Return uv's arguments that write a lock as requirements; None: it is none of uv or poetry."""
    chosen = [argument for extra in requirements.extras for argument in ("--extra", extra)]
    match requirements.file.name:
        case name if name == UV_LOCK:
            chosen += [part for group in requirements.groups for part in ("--group", group)]
            return [
                "export", "--quiet", "--locked", "--no-default-groups", "--no-header",
                "--no-annotate", "--no-emit-project", "--python", sys.executable,
                *chosen, "--output-file", str(to),
            ]  # fmt: skip
        case name if name == POETRY_LOCK:
            extras = [part for extra in requirements.extras for part in ("--extras", extra)]
            groups = [part for group in requirements.groups for part in ("--with", group)]
            return [
                *_POETRY, "poetry", "export", "--no-interaction", "--format", "requirements.txt",
                *extras, *groups, "--output", str(to),
            ]  # fmt: skip
    return None


def pipfile(requirements: Requirements) -> tuple[str, tuple[str, ...]]:
    """Return a Pipfile or its lock as requirements, and the indexes it names. Raises ProfileError.

    A Pipfile without a lock gets what fits it today.
    """
    file = requirements.file
    mend = "write it again with 'pipenv lock'"
    if file.name == PIPFILE:
        mend = "an entry of a group is a version or a table, as in 'idna = \"*\"'"
    try:
        found = _as_lock(read_toml(file)) if file.name == PIPFILE else json.loads(read_text(file))
        return "\n".join(_sections(found, requirements)) + "\n", _sources(found)
    except ProfileError:
        raise
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise ProfileError(f"'{file}' is not a valid {file.name} ({error}): {mend}") from error


def _as_lock(found: Mapping[str, Any]) -> dict[str, Any]:
    """Give a Pipfile the form of its lock."""
    groups = {_DEFAULT: {}, "develop": {}} | {
        name: entries for name, entries in found.items() if name not in _TABLES
    }
    for group, name in _UNLOCKED.items():
        groups[group] = groups.pop(name, {})
    entries = {
        group: {name: _entry(each) for name, each in listed.items()}
        for group, listed in groups.items()
    }
    return {"_meta": {"sources": found.get("source", [])}, **entries}


def _entry(found: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(found, str):
        return {"version": found}
    markers = [f"{name} {found[name]}" for name in _MARKERS if name in found]
    said = [found["markers"], *markers] if "markers" in found else markers
    return {**found, "markers": " and ".join(f"({each})" for each in said)}


def _sections(found: Mapping[str, Any], requirements: Requirements) -> Iterator[str]:
    groups = [_DEFAULT, *requirements.groups]
    for group in groups:
        section = "develop" if group in _DEVELOP else group
        if section not in found:
            known = ", ".join(name for name in found if not name.startswith("_"))
            raise ProfileError(
                f"--group '{group}' is not in '{requirements.file}'; its groups: {known}"
            )
        for name, entry in found[section].items():
            yield _line(name, entry)


def _sources(found: Mapping[str, Any]) -> tuple[str, ...]:
    """The indexes it was locked with, with variables in them filled in, as pipenv does."""
    sources = found.get("_meta", {}).get("sources", [])
    return tuple(os.path.expandvars(source["url"]) for source in sources)


def _line(name: str, entry: Mapping[str, Any]) -> str:
    extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
    marker = f" ; {entry['markers']}" if entry.get("markers") else ""
    if "path" in entry:
        return f"{'-e ' if entry.get('editable') else ''}{entry['path']}{extras}"
    if "git" in entry:
        return f"{name}{extras} @ git+{entry['git']}@{entry.get('ref', 'HEAD')}{marker}"
    if "file" in entry:
        return f"{name}{extras} @ {entry['file']}{marker}"
    hashes = "".join(f" --hash={each}" for each in entry.get("hashes", []))
    return f"{name}{extras}{entry.get('version', '').replace('*', '')}{marker}{hashes}"
