"""Launching: a ready server inside, and no process, folder or listener after, on every path."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from servers.apps.app import App
from servers.asking.probe import get
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.bounded_log import KEPT
from servers.command import Address
from servers.environments.environment import Environment
from servers.errors import LaunchError, ProfileError
from servers.launch import launch
from servers.ports import free_port, is_listening
from servers.profile import Interface, Profile
from servers.readiness import AnswerReadiness
from servers.server import Server, StopKind
from tests.servers.eventually import eventually, living

Fake = Callable[..., Profile]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Name a log in a folder that is not there yet."""
    return tmp_path / "logs" / "server.log"


def text(path: Path) -> str:
    """Return what was written to a file."""
    return path.read_text()


@contextmanager
def nothing_left() -> Iterator[list[Server]]:
    """Check that the servers put into the list are gone, and every child of this process."""
    servers: list[Server] = []
    children = set(psutil.Process().children())
    pids: list[int] = []
    try:
        yield servers
    finally:
        pids += [server.root_pid or 0 for server in servers]
        assert living(pids) == []
        assert set(psutil.Process().children()) - children == set()
        assert not any(is_listening(s.address.host, s.address.port) for s in servers)


@pytest.mark.parametrize("workers", [1, 2])
async def test_ready_server(
    fake: Fake, environment: Environment, app: App, log: Path, workers: int
) -> None:
    """As many processes of its own tree have answered as it has workers."""
    with nothing_left() as servers:
        async with launch(fake(), environment, app, log=log, workers=workers) as server:
            servers.append(server)
            assert len(server.answering) == workers == server.workers
            assert server.answering <= set(server.pids())
            assert (server.root_pid in server.answering) is (workers == 1)
            assert server.alive
            assert server.startup_ns is not None
            assert 0 < server.startup_ns < 10_000_000_000
            assert set(server.cpu_ns()) == set(server.pids())
            assert server.pss_bytes() or sys.platform != "linux"
            assert server.url == f"http://127.0.0.1:{server.address.port}"
    assert server.ending is not None
    assert server.ending.how is StopKind.DRAINED
    assert server.ending.leftovers == 0
    assert server.ending.drain_ns is not None
    assert server.ending.drain_ns > 0


async def test_log_has_the_launch_line_and_what_came_before(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """One log can hold many launches; a server's tail is its own."""
    async with launch(fake(), environment, app, log=log):
        pass
    async with launch(fake(), environment, app, log=log) as server:
        port = server.address.port
    lines = text(log).splitlines()
    assert [line.startswith("# fake-good: ") for line in lines] == [True, False, True, False]
    assert lines[2].endswith(f"127.0.0.1 {port} 1 good")
    assert server.tail() == ["fake server: starting"]


async def test_clean_folder_and_environment(
    fake: Fake, environment: Environment, app: App, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty folder of its own, removed at the end; nothing of the harness's variables."""
    monkeypatch.setenv("WEB_CONCURRENCY", "7")
    async with launch(fake(MINE="{port}"), environment, app, log=log) as server:
        answer = await get(server.address, Question("/"), 5.0)
        assert isinstance(answer, ProbeAnswer)
        facts = json.loads(answer.body)
        home = facts["cwd"]
        assert facts["env"]["MINE"] == str(server.address.port)
        assert {facts["env"]["HOME"], facts["env"]["TMPDIR"]} == {home}
        assert "WEB_CONCURRENCY" not in facts["env"]
        assert facts["env"]["PYTHONPATH"] == str(app.directory)
        assert listing(home) == []
    assert listing(home) is None


def listing(folder: str) -> list[str] | None:
    """Return the names in a folder; None: it is not there."""
    path = Path(folder)
    return [entry.name for entry in path.iterdir()] if path.exists() else None


async def test_dead_server_fails_at_once(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """Long before the deadline, with what it said last."""
    with nothing_left():
        async with asyncio.timeout(10):
            with pytest.raises(LaunchError) as caught:
                async with launch(fake("dies"), environment, app, log=log, deadline_s=1000):
                    pytest.fail("it was ready")
    expected = (
        "fake-dies ended with exit status 1 before it answered: "
        f"ImportError: no app of that name; its log: {log}"
    )
    assert expected == str(caught.value)
    assert caught.value.server == "fake-dies"
    assert caught.value.log_tail[-1] == "ImportError: no app of that name"


async def test_dead_server_of_the_apps_own_version(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """Its launch line may have what that version does not know."""
    older = replace(environment, packages={"fake": "0.1"}, yielded={"fake": True})
    with pytest.raises(LaunchError, match=r"is written for other versions than fake 0\.1, which"):
        async with launch(fake("dies"), older, app, log=log):
            pytest.fail("it was ready")


@pytest.mark.parametrize(
    ("behaviour", "seen"), [("mute", "no answer within 1 s"), ("wrong", '503 (\'{"status"')]
)
async def test_never_ready(
    fake: Fake, environment: Environment, app: App, log: Path, behaviour: str, seen: str
) -> None:
    """The deadline ends it, with what was asked and seen last."""
    with nothing_left(), pytest.raises(LaunchError) as caught:
        async with launch(fake(behaviour), environment, app, log=log, deadline_s=1.5):
            pytest.fail("it was ready")
    assert f"fake-{behaviour} was not ready within 1.5 s: asked GET /health" in str(caught.value)
    assert f"last seen: {seen}" in str(caught.value)


async def test_wrong_answers_that_go_on_are_told_early(
    fake: Fake, environment: Environment, app: App, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before the deadline: what was asked, what came, and what to do."""
    monkeypatch.setattr("servers.readiness._STEADY_S", 0.05)
    asked = AnswerReadiness(Question("/x", ((b"X-Api-Key", b"k1"),)))
    with nothing_left(), pytest.raises(LaunchError) as caught:
        async with (
            asyncio.timeout(20),
            launch(fake("forbidding"), environment, app, log=log, deadline_s=1000, readiness=asked),
        ):
            pytest.fail("it was ready")
    assert str(caught.value).startswith('fake-forbidding answers 403 (\'{"status": "ok"')
    assert "asked GET /x with X-Api-Key: ***; give the workload's first GET" in str(caught.value)
    assert f"its log says: fake server: starting; its log: {log}" in str(caught.value)


async def test_what_is_waited_for_is_reported(
    fake: Fake, environment: Environment, app: App, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, when it has taken long."""
    monkeypatch.setattr("servers.wait_limit.NOTIFY_AFTER_S", 0.5)
    told: list[str] = []
    with nothing_left(), pytest.raises(LaunchError):
        async with launch(
            fake("mute"), environment, app, log=log, deadline_s=1.0, on_wait=told.append
        ):
            pytest.fail("it was ready")
    [line] = told
    assert line.startswith("not ready after 0.5 s, waiting up to 1 s (--start-timeout): asked")
    assert line.endswith("its log's last line: fake server: starting")


async def test_missing_program(environment: Environment, app: App, log: Path) -> None:
    """A launch line that names no program is a launch that failed."""
    profile = Profile("x", Interface.ASGI, "X", ("{bin}/no-such-server",))
    with nothing_left(), pytest.raises(LaunchError, match="no-such-server could not be started"):
        async with launch(profile, environment, app, log=log):
            pytest.fail("it was ready")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a keeper's end is not its server's")
async def test_a_keeper_that_is_lost_while_a_server_starts(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """It is that server's failure: whoever starts others too goes on with them."""
    before = set(psutil.Process().children())

    async def start() -> None:
        async with launch(fake("mute"), environment, app, log=log):
            pytest.fail("it is ready")

    with nothing_left():
        starting = asyncio.create_task(start())
        assert await eventually(lambda: log.exists() and "starting" in text(log))
        for keeper in set(psutil.Process().children()) - before:
            keeper.kill()
        with pytest.raises(LaunchError, match=r"^fake-mute failed: the keeper of .* was lost"):
            await starting


async def test_answers_of_a_stranger_are_refused(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """A pid that is not of the tree: another server sits on the port."""
    with (
        nothing_left(),
        pytest.raises(LaunchError, match=r"found its port taken 3 times: .*not its"),
    ):
        async with launch(fake("lies"), environment, app, log=log):
            pytest.fail("it was ready")


async def test_port_taken_by_a_quicker_one(
    fake: Fake, environment: Environment, app: App, log: Path, tmp_path: Path
) -> None:
    """The server is started again on another port."""
    profile = fake("port-taken-once", str(tmp_path / "marker"))
    async with launch(profile, environment, app, log=log) as server:
        assert server.alive
    assert text(log).count("# fake-port-taken-once: ") == 2


async def test_server_that_ignores_sigterm(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """It is killed after the grace, and the process that it put into another session."""
    with nothing_left() as servers:
        async with launch(fake("stubborn"), environment, app, log=log, grace_s=0.1) as server:
            servers.append(server)
            pids = server.pids()
            assert len(pids) == 2
        assert living(pids) == []
    assert server.ending is not None
    assert (server.ending.how, server.ending.drain_ns) == (StopKind.KILLED, None)
    assert server.ending.leftovers == 2


async def test_workers_that_are_deserted(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """A parent that leaves its workers behind drained; they were killed, and are counted."""
    with nothing_left() as servers:
        async with launch(fake("deserts"), environment, app, log=log, workers=2) as server:
            servers.append(server)
        assert living(server.answering) == []
    assert server.ending is not None
    assert (server.ending.how, server.ending.leftovers) == (StopKind.DRAINED, 2)


async def test_server_that_dies_meanwhile(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """It is seen while it is used, and told in the end."""
    with nothing_left() as servers:
        async with launch(fake(), environment, app, log=log) as server:
            servers.append(server)
            psutil.Process(server.root_pid).kill()
            assert await server.wait() == -9
            assert not server.alive
            assert server.exit_status == -9
    assert server.ending is not None
    assert (server.ending.how, server.ending.exit_status) == (StopKind.DIED, -9)


async def test_the_log_of_a_chatty_server_is_cut(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """When it has gone; its last words are known after that, too."""
    async with launch(fake("chatty"), environment, app, log=log) as server:
        server.relieve_log()
        assert len(text(log)) > 3 * KEPT
        assert server.tail(1) == ["the last word"]

    assert len(text(log)) < 2 * KEPT + 200
    assert text(log).startswith("# fake-chatty: ")
    assert server.tail(1) == ["the last word"]


async def test_exception_inside(fake: Fake, environment: Environment, app: App, log: Path) -> None:
    """The server is drained, and the exception comes through."""

    async def fail() -> None:
        async with launch(fake(), environment, app, log=log, workers=2) as server:
            servers.append(server)
            raise ZeroDivisionError

    with nothing_left() as servers:
        with pytest.raises(ZeroDivisionError):
            await fail()
        assert servers[0].ending is not None
        assert servers[0].ending.how is StopKind.DRAINED


@pytest.mark.parametrize("behaviour", ["good", "stubborn", "mute"])
async def test_cancellation(
    fake: Fake, environment: Environment, app: App, log: Path, behaviour: str
) -> None:
    """While it is used, drained or still starting: cancelled again and again, all is cleared."""
    inside = asyncio.Event()
    with nothing_left() as servers:

        async def hold() -> None:
            async with launch(fake(behaviour), environment, app, log=log, grace_s=0.1) as server:
                servers.append(server)
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(hold())
        if behaviour == "mute":
            assert await eventually(lambda: log.exists() and "starting" in log.read_text())
        else:
            await inside.wait()
        for _ in range(5):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_left_in_another_task(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """Several can be entered and left together, each in a task of its own."""
    launches = [launch(fake(), environment, app, log=log.with_name(f"{n}")) for n in range(3)]
    with nothing_left() as servers:
        servers.extend(await asyncio.gather(*(one.__aenter__() for one in launches)))
        assert len({server.address.port for server in servers}) == 3
        await asyncio.gather(*(one.__aexit__(None, None, None) for one in launches))


async def test_app_without_health(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """Who answers is found through the owner of the listening socket."""
    readiness = AnswerReadiness(Question("/anything"))
    async with launch(fake(), environment, app, log=log, readiness=readiness) as server:
        assert server.answering == {server.root_pid}


async def test_server_of_somebody_else(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """It is asked, not started; leaving does not stop it."""
    async with launch(fake(), environment, app, log=log) as theirs:
        profile = Profile("far", Interface.ASGI, "Far", url=theirs.url)
        async with launch(profile, None, app, log=log.with_name("far")) as server:
            assert (server.url, server.root_pid, server.alive) == (theirs.url, None, True)
            assert (server.pids(), server.cpu_ns(), server.pss_bytes()) == ([], {}, None)
        assert isinstance(await get(theirs.address, Question("/health"), 5.0), ProbeAnswer)


async def test_server_of_somebody_else_that_is_not_there(app: App, log: Path) -> None:
    """It is said where it was looked for."""
    address = Address("127.0.0.1", free_port("127.0.0.1"))
    profile = Profile("far", Interface.ASGI, "Far", url=f"http://127.0.0.1:{address.port}")
    with pytest.raises(LaunchError, match=r"far at http://127.0.0.1:\d+ did not answer correctly"):
        async with launch(profile, None, app, log=log, deadline_s=0.05):
            pytest.fail("it was ready")


async def test_more_workers_than_it_can_have(environment: Environment, app: App, log: Path) -> None:
    """Refused before anything is started."""
    profile = Profile("one", Interface.ASGI, "One", ("{python}",))
    with pytest.raises(ProfileError, match="'one' runs one worker and 2 were requested"):
        async with launch(profile, environment, app, log=log, workers=2):
            pytest.fail("it was ready")


async def test_port_of_the_app_that_another_server_has(
    fake: Fake, environment: Environment, app: App, log: Path, tmp_path: Path
) -> None:
    """It is told apart from the server's own, with what to do."""
    port = free_port("127.0.0.1")
    needy = replace(app, env={"METRICS_PORT": str(port)})
    profile = fake("opens", str(port))
    with nothing_left() as servers:
        async with launch(profile, environment, needy, log=log) as server:
            servers.append(server)
            told = rf"app opens port {port} itself, and another server of this run.*--alone"
            with pytest.raises(LaunchError, match=told):
                async with launch(profile, environment, needy, log=tmp_path / "other.log"):
                    pass


async def test_port_of_the_app_that_somebody_else_has(
    fake: Fake, environment: Environment, app: App, log: Path
) -> None:
    """No other way of measuring would help."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        told = rf"opens port {port} itself, and pid {os.getpid()} .* not part of this run: stop it"
        needy = replace(app, env={"METRICS_PORT": str(port)})
        with pytest.raises(LaunchError, match=told):
            async with launch(fake("opens", str(port)), environment, needy, log=log):
                pass


async def test_each_server_has_a_port_for_its_app(
    fake: Fake, environment: Environment, app: App, log: Path, tmp_path: Path
) -> None:
    """By a placeholder: then they live together."""
    profile = fake("opens", "{free_port}")
    with nothing_left() as servers:
        async with (
            launch(profile, environment, app, log=log) as one,
            launch(profile, environment, app, log=tmp_path / "other.log") as other,
        ):
            servers += [one, other]
