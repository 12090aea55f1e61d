"""The shell commands of docs/items-api.md as they stand there, but for the ports."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from tests.end_to_end.asking import free_port
from tests.end_to_end.program import ROOT

pytestmark = pytest.mark.long

LIMIT_S = 60.0
READ = "curl http://127.0.0.1:8000/items/1"


def block(heading: str) -> str:
    """The first console block below a heading of the page."""
    page = (ROOT / "docs" / "items-api.md").read_text(encoding="utf-8")
    return page.partition(f"\n## {heading}\n")[2].partition("```console\n")[2].partition("```")[0]


def whole(heading: str) -> str:
    """A block with ports that are free, that waits for its server, and ends with an answer."""
    text = block(heading).rstrip()
    if not re.search(r"\bcurl\b", text):
        text = f"{text} &\n{READ}"
    port, redis = str(free_port()), str(free_port())
    text = text.replace("uvicorn app.main:app", f"uvicorn app.main:app --port {port}")
    text = text.replace("redis-server", f"redis-server --port {redis}")
    text = text.replace("8000", port).replace("6379", redis)
    return (
        'curl() { command curl -sS --fail --retry 30 --retry-delay 1 --retry-connrefused "$@"; }\n'
        f"set -e\n{text}\n"
    )


@contextmanager
def run(script: str, programs: Path, folder: Path) -> Iterator[str]:
    """Its output once it has ended; afterwards whatever it started ends too."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ITEMS_")},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=folder, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=out, stderr=err,
        )  # fmt: skip
        try:
            assert shell.wait(LIMIT_S) == 0, (folder / "err").read_text(encoding="utf-8")
            yield (folder / "out").read_text(encoding="utf-8")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(LIMIT_S)


@pytest.mark.parametrize(
    ("heading", "needed", "expected"),
    [
        ("Storage", (), '"name":"item 1"'),
        ("Cache", ("redis-server",), '"name":"item 1"'),
        ("Auth", ("openssl",), '"name":"a"'),
        ("Metrics", (), "# HELP "),
    ],
)
def test_commands_of_the_items_api(
    heading: str, needed: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    """They start a server that answers what the page says."""
    missing = [name for name in ("bash", "curl", *needed) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    uvicorn = catalogue.builtin()["uvicorn"]
    programs = asyncio.run(build(uvicorn, items_app())).bin
    with run(whole(heading), programs, tmp_path) as output:
        assert expected in output
