"""Whatever is given as requirements: an answer, or one line that says what is wrong."""

import asyncio
import json
import random
import tempfile
from pathlib import Path

import pytest

from servers.errors import ProfileError
from servers.requirements import Requirements, digest, find, installation
from tests.servers.projects import BUILT, LOCK, PIPFILE, PROJECT

SEEDS = {
    "requirements.txt": b"-r base.txt\n-e ./libs/x[a]\nidna==3.10 --hash=sha256:0\n"
    b"x @ file:libs/x ; python_version > '3'\n-c base.txt\n--find-links wheels\n",
    "pyproject.toml": (PROJECT + BUILT + '[tool.uv.sources]\nx = {path = "libs/x"}\n').encode(),
    "Pipfile.lock": json.dumps(LOCK).encode(),
    "Pipfile": PIPFILE.encode(),
    "poetry.lock": b'[[package]]\nname = "x"\n[package.source]\nurl = "libs/x"\n',
    "uv.lock": b'version = 1\n[[package]]\nname = "x"\nsource = { directory = "libs/x" }\n',
}
PIECES = [
    b"\0",
    b"\xff\xfe",
    b"\n",
    b"[",
    b'"',
    b"\\",
    b" @ ",
    b"=3",
    b"-r ",
    b"{}",
    b"\xc3\xa9",
    b"/",
]
CASES = 200  # of each kind


def mutated(seed: bytes, dice: random.Random) -> bytes:
    """Cut, repeat or insert at a few places."""
    text = bytearray(seed)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(text) + 1)
        match dice.randrange(3):
            case 0:
                del text[place : place + dice.randint(1, 20)]
            case 1:
                text[place:place] = dice.choice(PIECES)
            case _:
                text[place:place] = text[place : place + dice.randint(1, 40)]
    return bytes(text)


async def nothing(*arguments: str) -> None:
    """Stand for a tool that writes an empty export."""
    Path(arguments[-1]).touch()  # noqa: ASYNC240 - a file of a test


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files(name: str, tmp_path: Path) -> None:
    """No traceback, whatever stands there."""
    package = tmp_path / "libs" / "x"
    package.mkdir(parents=True)
    (package / "setup.py").touch()
    (tmp_path / "base.txt").write_text("idna\n")
    dice = random.Random(7)  # noqa: S311 - the same files each time
    for _ in range(CASES):
        (tmp_path / name).write_bytes(mutated(SEEDS[name], dice))
        try:
            find(tmp_path, tmp_path)
            wanted = Requirements(tmp_path / name, tmp_path)
            digest(wanted)
            with tempfile.TemporaryDirectory(dir=tmp_path) as scratch:
                asyncio.run(installation(wanted, Path(scratch), nothing))
        except ProfileError as error:
            assert "\n" not in str(error)  # noqa: PT017 - it need not be raised
            assert name in str(error)  # noqa: PT017
