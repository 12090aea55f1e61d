"""Names that are looked for are found once, and functions fit on a page."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.statements import statements

ROOT = Path(__file__).parent.parent
PROGRAM = ("app", "servers", "bench")
MOST_LINES = 50


@cache
def trees(folder: str) -> dict[Path, ast.Module]:
    """The modules of a folder, parsed, by their paths."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def test_no_two_public_classes_have_the_same_name() -> None:
    """One thing, one word: who searches for a class finds the one that is meant."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for package in PROGRAM:
        for path, tree in trees(package).items():
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path))
    assert len(places) > 100
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_function_is_longer_than_a_page() -> None:
    """Who has to scroll has lost the beginning: MOST_LINES at the most, in tests too."""
    lines = {
        f"{path}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for folder in (*PROGRAM, "tests")
        for path, tree in trees(folder).items()
        for node in statements(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(lines) > 5000
    assert {name: long for name, long in lines.items() if long > MOST_LINES} == {}


def test_nothing_is_imported_from_tests_or_from_their_fixtures() -> None:
    """What tests share has a module of its own; fixtures reach them by pytest, from conftest.py."""
    imported = {
        f"{path}: {module}"
        for path, tree in trees("tests").items()
        for node in statements(tree)
        for module in modules(node)
        if re.search(r"^tests\b.*\.(test_\w+|conftest)\b", module)
    }
    assert imported == set()


def modules(node: ast.AST) -> list[str]:
    """What an import may import: the modules that it names, and those that its names may be."""
    match node:
        case ast.Import(names=names):
            return [name.name for name in names]
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return [f"{module}.{name.name}" for name in names]
        case ast.ImportFrom(level=level, names=names) if level:
            return [f"tests.{node.module or ''}.{name.name}" for name in names]
    return []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import tests.app.test_cache", ["tests.app.test_cache"]),
        ("from tests.app import test_cache", ["tests.app.test_cache"]),
        ("from tests.app.conftest import clock", ["tests.app.conftest.clock"]),
        ("from .test_cache import clock", ["tests.test_cache.clock"]),
    ],
)
def test_every_form_of_an_import_is_seen(line: str, found: list[str]) -> None:
    """Absolute and relative, of a module and from one."""
    assert [name for node in ast.walk(ast.parse(line)) for name in modules(node)] == found
