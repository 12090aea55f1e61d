"""What a pyproject.toml says of a project: whether it is a package, and what lies beside it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from servers.errors import ProfileError
from servers.requirements.text import read_toml

PYPROJECT: Final = "pyproject.toml"


def needs_something(file: Path) -> bool:
    """Tell whether it can say what an app needs: many hold the settings of tools alone."""
    found = read_toml(file)
    return bool("project" in found or _poetry(found) or found.get("dependency-groups"))


def is_package(file: Path) -> bool:
    """Tell whether the project itself can be installed, by the rules of uv and poetry."""
    found = read_toml(file)
    if _poetry(found).get("package-mode") is False:
        return False
    chosen = _table(found, "tool", "uv").get("package")
    return bool(chosen if chosen is not None else "build-system" in found)


def is_dynamic(file: Path) -> bool:
    """Tell whether something of the project is known only to what builds it."""
    return "dynamic" in _table(read_toml(file), "project")


def cannot_say(file: Path) -> bool:
    """Tell whether only poetry can read it: it has only its tables, and no package to build."""
    found = read_toml(file)
    return "project" not in found and _poetry(found).get("package-mode") is False


def wanted_python(folder: Path) -> str | None:
    """Return the versions of Python that a project asks for, as ">=3.13"; None: it does not say."""
    file = folder / PYPROJECT
    found = _table(read_toml(file), "project").get("requires-python") if file.is_file() else None
    return found if isinstance(found, str) else None


def uv_settings(folder: Path) -> dict[str, Any]:
    """Return the files from which uv reads settings in a project's folder, beside its own."""
    file = folder / PYPROJECT
    return _table(read_toml(file), "tool", "uv") if file.is_file() else {}


def workspace(folder: Path) -> Iterator[Path]:
    """Yield the projects of the workspace of uv that a project is in, the workspace's own first.

    Whichever of them it needs is installed in place.
    """
    for root in (folder, *folder.parents):
        members = [*_texts(_table(_settings_of(root), "workspace").get("members"))]
        if members:
            yield root
            for pattern in members:
                with suppress(ValueError, NotImplementedError):  # uv will say what is wrong with it
                    found = sorted(root.glob(pattern))
                    yield from (each for each in found if (each / PYPROJECT).is_file())
            return


def _settings_of(folder: Path) -> dict[str, Any]:
    """Those for uv of a folder that may not be the project's; none where they cannot be read."""
    try:
        return uv_settings(folder)
    except ProfileError:
        return {}


def beside(found: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a pyproject.toml or a lock says under keys that name files or folders.

    Each is a key (as "path", "editable" or "file") and the text under it.
    """
    if isinstance(found, dict):
        for name, value in found.items():
            yield from beside(value, str(name))
    elif isinstance(found, list):
        for value in found:
            yield from beside(value, key)
    elif isinstance(found, str):
        if key in {"path", "directory", "editable", "virtual", "file", "files", "url"}:
            yield key, found
        elif "@ file:" in found:
            yield "path", found.partition("@ file:")[2].removeprefix("//").partition(" ;")[0]


def _poetry(found: dict[str, Any]) -> dict[str, Any]:
    return _table(found, "tool", "poetry")


def _table(found: Any, *path: str) -> dict[str, Any]:
    """Return a table within a file that may hold anything; empty where there is none."""
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def dependencies(file: Path, extras: Sequence[str], groups: Sequence[str]) -> Iterator[str]:
    """Yield what the project asks for in so many words, as requirements.

    Raises ProfileError for an extra or a group that it has not, as far as the file tells.
    """
    found = read_toml(file)
    project = _table(found, "project")
    yield from _texts(project.get("dependencies"))
    optional = _table(project, "optional-dependencies")
    for extra in extras:
        if "project" in found and extra not in optional and "dynamic" not in project:
            raise _unknown(file, "--extra", extra, optional)
        yield from _texts(optional.get(extra))
    declared = _table(found, "dependency-groups")
    for group in groups:
        if group not in declared:
            raise _unknown(file, "--group", group, declared)
        yield from _texts(declared[group])
    yield from _of_poetry(_table(found, "tool", "poetry", "dependencies"))


def _of_poetry(found: Mapping[str, Any]) -> Iterator[str]:
    """What poetry's own table pins: "1.2.3" is a version to it, and "^1.2" or a table a range."""
    for name, version in found.items():
        if name.lower() != "python":
            exact = version if isinstance(version, str) and version[:1].isdigit() else None
            yield f"{name}=={exact}" if exact else f"{name}>=0"


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, list):
        yield from (each for each in found if isinstance(each, str))


def _unknown(file: Path, option: str, name: str, known: Mapping[str, Any]) -> ProfileError:
    there = ", ".join(known) or "none"
    return ProfileError(f"{option} '{name}' is not in '{file}'; it has: {there}")
