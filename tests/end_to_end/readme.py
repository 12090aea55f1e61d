"""Commands of the documentation, read there: what it says is what is run."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.end_to_end.program import ROOT

RECIPES: Final = ROOT / "examples" / "own-app"
RECIPES_PAGE: Final = ROOT / "docs" / "own-app.md"
_COMMANDS: Final = {"bench": "run"}
"""Commands of the program whose nox session has another name."""


@dataclass(frozen=True)
class Called:
    """A session of nox's, as the command of the program that it is."""

    command: str
    arguments: tuple[str, ...]
    cwd: Path
    background: bool


def commands(page: str, heading: str) -> list[Called]:
    """The nox calls of the first console block below a heading of a page, in their order."""
    return _calls(_block(page, heading))


def recipes() -> dict[str, Called]:
    """The command of each recipe in docs/own-app.md, by the name of its folder."""
    text = RECIPES_PAGE.read_text(encoding="utf-8")
    calls = [
        call
        for block in re.findall(r"^```console\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        if block.startswith("cd examples/own-app/")
        for call in _calls(block)
    ]
    found = {call.cwd.name: call for call in calls}
    assert len(found) == len(calls), "a recipe has two commands"
    return found


def _calls(block: str) -> list[Called]:
    found, cwd = [], ROOT
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        background = words[-1] == "&"
        match words[: -1 if background else None]:
            case ["cd", folder]:
                cwd = cwd / folder
            case ["nox", "-f", file, "-s", session, "--", *arguments]:
                assert (cwd / file).resolve() == ROOT / "noxfile.py"
                found.append(_called(session, arguments, cwd, background=background))
            case ["nox", "-s", session, "--", *arguments]:
                assert cwd == ROOT
                found.append(_called(session, arguments, cwd, background=background))
            case _:
                raise AssertionError(f"no call of nox: {line}")
    return found


def _called(session: str, arguments: list[str], cwd: Path, *, background: bool) -> Called:
    return Called(_COMMANDS.get(session, session), tuple(arguments), cwd, background)


def _block(page: str, heading: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    _, below = re.split(rf"^## {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)
    section = re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(r"^```console\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


RECIPE_SERVERS: Final = {
    "api-key": "uvicorn,granian",
    "background": "uvicorn,gunicorn-asgi",
    "chat": "uvicorn,granian",
    "database": "uvicorn,granian",
    "django": "uvicorn,uwsgi",
    "flask": "gunicorn-gthread,waitress",
    "litestar": "hypercorn,granian",
    "login": "uvicorn,hypercorn",
    "model": "uvicorn,granian",
    "orders": "uvicorn,hypercorn",
    "own-port": "uvicorn,hypercorn",
    "quart": "uvicorn,daphne",
    "settings": "uvicorn,granian",
    "streaming": "uvicorn,hypercorn",
    "uploads": "gunicorn,granian",
}
"""Two of those that a recipe is measured under."""
