"""What Dockerfile.bench does, as far as it can be done without an engine."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bench.system.repository import ROOT
from servers import catalogue
from servers.ports import free_port
from servers.processes.keeper_client import KeptProgram, keep
from tests.container.dockerfile import FILE, Image, stages

LIMIT_S = 120.0
NEEDS_AN_ENGINE = ["useradd --create-home --uid 10001 weighbridge ", "apt-get update "]
"""Beginnings of the RUN lines that are not run here: they change the machine's users, packages."""


async def ran(argv: list[str], image: Image, env: dict[str, str], log: Path) -> None:
    """Run a command to its end, which is a good one."""
    async with keep(argv, log=log, env=env, cwd=image.workdir) as kept:
        async with asyncio.timeout(LIMIT_S):
            status = await kept.wait()
    assert status == 0, said_in(log)


def said_in(log: Path) -> str:
    """Return what a program has said."""
    return log.read_text(encoding="utf-8")


async def built(tmp_path: Path) -> Image:
    """Take every step that needs no engine, for one server."""
    image, found = Image(tmp_path / "image"), stages()
    image.workdir.mkdir(parents=True)
    (image.root / "opt").mkdir()
    env = image.environment() | {"SERVER": "uvicorn", "SERVERS": "uvicorn"}
    for stage in found.values():
        for number, instruction in enumerate(stage.instructions):
            if instruction.word == "COPY":
                image.copy(instruction)
            elif instruction.word == "RUN" and not needs_an_engine(instruction.rest):
                log = tmp_path / f"{stage.name}-{number}.log"
                await ran(image.shell(instruction), image, env, log)
    return image


def needs_an_engine(command: str) -> bool:
    """Tell whether it is one of those that are left out."""
    return any(command.startswith(beginning) for beginning in NEEDS_AN_ENGINE)


@asynccontextmanager
async def entered(
    image: Image, target: str, log: Path, *arguments: str, **variables: str
) -> AsyncIterator[tuple[KeptProgram, dict[str, str]]]:
    """Start what a container of this target starts; give it and its environment."""
    found = stages()
    env = image.environment(*found["base"].all("ENV"), *found[target].all("ENV")) | variables
    [entry] = found[target].all("ENTRYPOINT")
    argv = [*map(image.here, entry.argv), *arguments]
    async with keep(argv, log=log, env=env, cwd=image.workdir) as kept:
        yield kept, env


@pytest.mark.long
async def test_steps_and_entry_points(tmp_path: Path) -> None:
    """The steps leave an API that is healthy and stops when told, and a comparison that runs."""
    image, log = await built(tmp_path), tmp_path / "api.log"
    port = free_port("127.0.0.1")
    [check] = stages()["api"].all("HEALTHCHECK")
    async with entered(image, "api", log, PORT=str(port)) as (server, env):
        async with asyncio.timeout(LIMIT_S):
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                while not await answers(client):
                    assert server.running, log.read_text(encoding="utf-8")
            await ran(check_argv(check.rest), image, env, tmp_path / "probe.log")
            # The one process that the engine knows is the server itself.
            await server.send_signal(signal.SIGTERM)
            assert await server.wait() in {0, -signal.SIGTERM}
    assert "Application shutdown complete" in log.read_text(encoding="utf-8")
    async with entered(image, "bench", tmp_path / "bench.log", "run", "--help") as (command, _):
        assert await command.wait() == 0
    assert "Compare servers" in (tmp_path / "bench.log").read_text(encoding="utf-8")


async def test_health_check_takes_no_proxy(tmp_path: Path) -> None:
    """A container whose environment names a proxy still asks itself."""
    log = tmp_path / "probe.log"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        [check] = stages()["api"].all("HEALTHCHECK")
        _, *words = check_argv(check.rest)
        env = {"http_proxy": "http://127.0.0.1:1", "PATH": os.defpath, "PORT": str(port)}
        async with keep([sys.executable, *words], log=log, env=env) as probe:
            assert await probe.wait() == 0, said_in(log)


async def answers(client: httpx.AsyncClient) -> bool:
    """Ask whether the API is there."""
    try:
        return (await client.get("/health")).status_code == 200
    except httpx.TransportError:
        await asyncio.sleep(0.02)
        return False


def check_argv(rest: str) -> list[str]:
    """Return the command of a HEALTHCHECK."""
    return [str(word) for word in json.loads(rest.partition("CMD ")[2])]


def test_only_these_steps_need_an_engine() -> None:
    """What is not run here is exactly this: users and folders of the machine."""
    runs = [each.rest for stage in stages().values() for each in stage.all("RUN")]
    assert len([run for run in runs if needs_an_engine(run)]) == len(NEEDS_AN_ENGINE)
    assert len(runs) == 5


def test_all_servers_are_prepared() -> None:
    """The image has the environment of each of the seven."""
    [servers] = [each.rest for each in stages()["servers"].all("ARG")]
    assert set(servers.removeprefix("SERVERS=").split(",")) == {
        profile.name for profile in catalogue.defaults()
    }


def test_nobody_is_root() -> None:
    """Both targets are built on a stage that leaves root behind, or do so themselves at the end."""
    found = stages()
    assert [each.rest for each in found["base"].all("USER")] == ["10001"]
    for target in ("api", "bench"):
        assert found[target].base == "base"
        assert [each.rest for each in found[target].all("USER")][-1:] in ([], ["10001"])
    assert re.search(r"^ARG PYTHON=3\.\d+\.\d+$", FILE.read_text(encoding="utf-8"), re.MULTILINE)


async def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    """The file follows the rules of its kind."""
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert program is not None
    log = tmp_path / "hadolint.log"
    async with keep([program, str(FILE)], log=log, cwd=ROOT) as lint:
        assert await lint.wait() == 0, log.read_text(encoding="utf-8")
