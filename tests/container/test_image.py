"""Both images of Dockerfile.bench, built and run by buildah on a base made by debootstrap."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest

from servers.ports import free_port
from servers.processes.keeper_client import KeptProgram, keep
from tests.container.dockerfile import FILE, stages
from tests.container.engine import Engine, in_memory, lacking, make_base, size

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(lacking() is not None, reason=f"no image can be built: {lacking()}"),
]

USER: Final = 10001
MOST_BYTES: Final = 100_000_000
"""What an image of the API may have above its base."""
LIMIT_S: Final = 120.0
RUN: Final = (
    "run", "--quick", "--servers", "uvicorn", "--rounds", "1", "--budget", "8s",
    "--no-selftest", "--not-against-itself", "--format", "md",
)  # fmt: skip


class Images:
    """Both images, and their base, each as a container that may be looked into and run."""

    def __init__(self, engine: Engine, containers: dict[str, str]) -> None:
        self.engine = engine
        self.containers = containers

    def root(self, name: str) -> Path:
        """Return where an image's files are."""
        return self.engine.mounted(self.containers[name])

    def config(self, name: str) -> dict[str, Any]:
        """Return how an image is run."""
        return self.engine.config(name)

    def command(self, name: str, *words: str, options: tuple[str, ...] = ()) -> list[str]:
        """Return the command that runs words in an image."""
        return self.engine.running(self.containers[name], *words, options=options)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """Build both images for one server."""
    with ExitStack() as stack:
        engine = Engine(stack.enter_context(in_memory(tmp_path_factory.mktemp("images"))))
        base = make_base(engine, base_name())
        engine.build("api", {"SERVER": "uvicorn"})
        engine.build("bench", {"SERVERS": "uvicorn"})
        names = {"base": base, "api": "api", "bench": "bench"}
        yield Images(
            engine,
            {key: stack.enter_context(engine.container(name)) for key, name in names.items()},
        )


def base_name() -> str:
    """Return the name of the image that both are built on."""
    [version] = re.findall(r"^ARG PYTHON=(.*)$", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    return stages()["base"].base.replace("${PYTHON}", version)


def said_in(log: Path) -> str:
    """Return what a program has said."""
    return log.read_text(encoding="utf-8")


@asynccontextmanager
async def api(images: Images, port: int, log: Path) -> AsyncIterator[psutil.Process]:
    """Run the API, until it is healthy; give its one process."""
    options = ("--env", f"PORT={port}")
    argv = images.command("api", *images.config("api")["Entrypoint"], options=options)
    async with keep(argv, log=log) as running:
        async with asyncio.timeout(LIMIT_S), httpx.AsyncClient(trust_env=False) as client:
            while not await answers(client, f"http://127.0.0.1:{port}/health"):
                assert running.running, said_in(log)
        yield server_of(running)


async def answers(client: httpx.AsyncClient, url: str) -> bool:
    """Ask whether it is there."""
    try:
        return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        await asyncio.sleep(0.02)
        return False


def server_of(running: KeptProgram) -> psutil.Process:
    """Return the process that the image's entry point has become."""
    [server] = [
        process
        for process in map(psutil.Process, running.pids())
        if "app.main:app" in process.cmdline() and "buildah" not in process.name()
    ]
    return server


async def status(argv: list[str], log: Path) -> int:
    """Run a command to its end."""
    async with asyncio.timeout(LIMIT_S), keep(argv, log=log) as running:
        return await running.wait()


def test_what_the_api_image_weighs(images: Images) -> None:
    """One server's environment and the app: at most 100 MB above the base."""
    assert size(images.root("api")) - size(images.root("base")) < MOST_BYTES


def test_nothing_of_the_harness_is_in_the_api_image(images: Images) -> None:
    """Neither its code nor what it needs."""
    root = images.root("api")
    assert {each.name for each in (root / "srv/weighbridge").iterdir()} == {"app", "results"}
    assert {each.name for each in (root / "opt").iterdir()} == {"server"}
    packages = {each.name for each in root.glob("opt/server/*/lib/python*/site-packages/*")}
    assert "fastapi" in packages
    assert not packages & {"numpy", "scipy", "pandas", "matplotlib", "pytest"}


async def test_the_api_runs_as_nobody_special(images: Images, tmp_path: Path) -> None:
    """It is one process of the image's own user, whom a signal ends in good order."""
    log = tmp_path / "api.log"
    async with api(images, free_port("127.0.0.1"), log) as server:
        assert set(server.uids()) == {USER}
        server.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.wait, LIMIT_S)
    assert "Application shutdown complete" in said_in(log)


async def test_health_check(images: Images, tmp_path: Path) -> None:
    """It is passed while the API answers, and at no other time."""
    port, log = free_port("127.0.0.1"), tmp_path / "check.log"
    kind, *words = images.config("api")["Healthcheck"]["Test"]
    assert kind == "CMD"
    check = images.command("api", *words, options=("--env", f"PORT={port}"))
    async with api(images, port, tmp_path / "api.log"):
        assert await status(check, log) == 0, said_in(log)
    assert await status(check, log) != 0


async def test_a_comparison_into_a_mounted_folder(images: Images, tmp_path: Path) -> None:
    """Its report is there when the container is gone, written by the image's own user."""
    results, log = tmp_path / "results", tmp_path / "bench.log"
    results.mkdir()
    os.chown(results, USER, USER)
    options = ("--volume", f"{results}:/srv/weighbridge/results")
    argv = images.command("bench", *images.config("bench")["Entrypoint"], *RUN, options=options)
    assert await status(argv, log) == 0, said_in(log)
    [report] = results.glob("*/report.md")
    assert report.stat().st_uid == USER
