"""What is imported is declared, and what is declared is pinned."""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from bench.system.repository import ROOT
from tests.statements import statements

PROJECT: Final[dict[str, Any]] = tomllib.loads(
    (ROOT / "pyproject.toml").read_text(encoding="utf-8")
)
OURS: Final = {"app", "bench", "servers", "tests", "weighbridge"}
OF_SERVERS: Final = {"a2wsgi", "cheroot", "starlette"}
"""Imported by what runs in a server's environment alone, which has them from its profile or app."""
OF_TYPE_CHECKERS: Final = {"_typeshed"}
HARNESS: Final = "the project's dependencies"


def declared(name: str) -> list[Requirement]:
    """Return what a group names, with the groups that it includes."""
    if name == HARNESS:
        return [Requirement(each) for each in PROJECT["project"]["dependencies"]]
    found: list[Requirement] = []
    for each in PROJECT["dependency-groups"][name]:
        found += [Requirement(each)] if isinstance(each, str) else declared(each["include-group"])
    return found


def imported(*folders: str) -> Iterator[tuple[str, Path]]:
    """Yield the top-level name of each import, and where it stands."""
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            for node in statements(ast.parse(file.read_bytes())):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                yield from ((name.partition(".")[0], file) for name in names)


@cache
def provided() -> Mapping[str, list[str]]:
    """Return the distributions that have each top-level name; which takes a second to find."""
    return packages_distributions()


@pytest.mark.parametrize(
    ("folders", "groups"),
    [
        (("bench", "servers"), (HARNESS,)),
        (("app",), ("app",)),
        (("tests",), (HARNESS, "tests")),
    ],
    ids=str,
)
def test_imports_are_declared(folders: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Nothing rests on what a dependency happens to need itself."""
    known = {canonicalize_name(each.name) for group in groups for each in declared(group)}
    distributions = provided()
    outside = {
        name: file.relative_to(ROOT)
        for name, file in imported(*folders)
        if name not in sys.stdlib_module_names | OURS | OF_SERVERS | OF_TYPE_CHECKERS
    }
    undeclared = {
        name: file
        for name, file in outside.items()
        if not known & {canonicalize_name(each) for each in distributions.get(name, [name])}
    }
    assert undeclared == {}


@pytest.mark.parametrize(
    ("pins", "groups"),
    [
        ("requirements.txt", ("api",)),
        ("requirements/app.txt", ("app",)),
        ("requirements/bench.txt", (HARNESS,)),
        ("requirements/lint.txt", ("lint",)),
        ("requirements/tests.txt", (HARNESS, "tests")),
        ("requirements/typing.txt", (HARNESS, "typing")),
    ],
    ids=str,
)
def test_what_is_declared_is_pinned(pins: str, groups: tuple[str, ...]) -> None:
    """Each file of pins has all of them, at versions that the project accepts."""
    pinned: dict[str, set[Version]] = {}
    for line in (ROOT / pins).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.lstrip().startswith("#"):
            name, _, version = line.partition(";")[0].strip().partition("==")
            pinned.setdefault(canonicalize_name(name), set()).add(Version(version))
    for group in groups:
        for each in declared(group):
            versions = pinned.get(canonicalize_name(each.name), set())
            assert versions, f"{each} is in no line of {pins}: nox -s pin"
            assert all(version in each.specifier for version in versions), f"{each}: nox -s pin"
