"""Locks as requirements, by the tools that read them."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from servers.errors import ProfileError
from servers.requirements.given import POETRY_LOCK, UV_LOCK, Requirements
from servers.requirements.text import read_text

_POETRY: Final = (
    "tool", "run", "--quiet", "--from", "poetry>=2,<3", "--with", "poetry-plugin-export",
)  # fmt: skip
_DEFAULT: Final = "default"
_DEVELOP: Final = {"dev", "develop", "dev-packages"}


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
    """Return a Pipfile.lock as requirements, and the indexes it names. Raises ProfileError."""
    file = requirements.file
    try:
        found = json.loads(read_text(file))
        return "\n".join(_sections(found, requirements)) + "\n", _sources(found)
    except ProfileError:
        raise
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise ProfileError(
            f"'{file}' is not a valid Pipfile.lock ({error}): write it again with 'pipenv lock'"
        ) from error


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
