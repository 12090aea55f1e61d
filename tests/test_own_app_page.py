"""docs/own-app.md shows what stands in examples/own-app, and what the program really says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.readme import RECIPE_SERVERS, RECIPES, RECIPES_PAGE, recipes

ROOT = RECIPES.parents[1]
PAGE = RECIPES_PAGE.read_text(encoding="utf-8")
FOLDERS = sorted(each.name for each in RECIPES.iterdir() if each.is_dir() and each.name[0] != ".")


def test_every_recipe_is_shown_and_run() -> None:
    """A folder, its command in the page, and the servers that the long test runs it under."""
    assert FOLDERS == sorted(recipes()) == sorted(RECIPE_SERVERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_code_that_is_shown_is_that_of_the_recipe(name: str) -> None:
    """Line by line, but for how far it is indented: nobody reads what is not run."""
    code = "".join(
        f"\n{flush(file.read_text(encoding='utf-8'))}" for file in (RECIPES / name).rglob("*.py")
    )
    shown = re.findall(r"^```python\n(.*?)^```$", section_of(name), re.MULTILINE | re.DOTALL)
    assert shown
    for block in shown:
        assert f"\n{flush(block)}" in code


def flush(code: str) -> str:
    """Code without what its lines begin with."""
    return "".join(f"{line.strip()}\n" for line in code.splitlines())


def section_of(recipe: str) -> str:
    """What stands between the headings around a recipe's command."""
    sections = re.split(r"^##+ ", PAGE, flags=re.MULTILINE)
    [found] = [section for section in sections if f"\ncd examples/own-app/{recipe}\n" in section]
    return found


def test_messages_are_what_the_program_says() -> None:
    """Each part of one that the page quotes stands in a text of the program."""
    _, _, below = PAGE.partition("## When something goes wrong\n")
    rows = re.findall(r"^\| `(.+?)` \|", below.partition("\n## ")[0], re.MULTILINE)
    texts = [text for folder in ("bench", "servers") for text in texts_of(ROOT / folder)]
    assert len(rows) > 8
    for row in rows:
        for part in re.split(r" ?… ?", row):
            assert any(part in text for text in texts), part


def texts_of(folder: Path) -> Iterator[str]:
    """Every text in the code of a folder, as it is said; a value within it is left out."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
