"""The folder that a module is imported from, as its own imports and the folders around tell."""

import sys
from collections.abc import Collection
from keyword import iskeyword
from pathlib import Path
from typing import Final

from servers.apps.source_folder import SOURCES, has_module, source_folder
from servers.discovery.walk import is_project
from servers.requirements.pyproject import PYPROJECT

_INSTALLED_BY: Final = (PYPROJECT, "setup.py", "setup.cfg")
_PACKAGE: Final = "__init__.py"


def import_root(file: Path, root: Path, imports: Collection[str], level: int) -> Path | None:
    """Return it: the file's own folder or one above, up to `root`; None: it is no module there.

    imports: first names of what it imports. level: the most dots of its relative imports, which
    have to be packages.
    """
    possible = _possible(file, root, level)
    if not possible:
        return None
    names = set(imports) - set(sys.stdlib_module_names)
    most = max(_has(folder, names) for folder in possible)
    likely = [folder for folder in possible if _has(folder, names) == most]
    for folder in likely:  # the innermost first
        if folder != root and (folder.name == SOURCES or is_project(folder)):
            return folder
    return likely[-1]


def start_folder(directory: Path, target: str) -> Path:
    """Return where servers start that import a target from a folder: there, or above a `src`.

    So does whoever develops such a project: its `.env` and templates are beside `src`.
    """
    above = directory.parent
    is_layout = directory.name == SOURCES and not is_project(directory)
    if is_layout and any((above / name).is_file() for name in _INSTALLED_BY):
        return above if source_folder(above, target) else directory
    return directory


def module_name(file: Path, folder: Path) -> str | None:
    """Return a module's name for who imports from `folder`; None: it can have none."""
    parts = list(file.relative_to(folder).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    fit = all(part.isidentifier() and not iskeyword(part) for part in parts)
    return ".".join(parts) if parts and fit else None


def _possible(file: Path, root: Path, level: int) -> list[Path]:
    folder = file.parent
    above = [folder]
    while folder not in {root, folder.parent}:
        folder = folder.parent
        above.append(folder)
    packages = 0
    while packages < len(above) and (above[packages] / _PACKAGE).is_file():
        packages += 1
    below = above[max(packages, level) :] or above[-1:]
    return [each for each in below if module_name(file, each) is not None]


def _has(folder: Path, names: Collection[str]) -> int:
    """Count the names that are modules or packages in a folder."""
    return sum(has_module(folder, name) for name in names)
