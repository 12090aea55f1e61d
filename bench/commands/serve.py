"""`serve`: run the API under one server, in the foreground."""

import asyncio
import os
import shlex
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.table import Table

from bench.commands import screen
from bench.errors import UsageError
from bench.run.environments import yielded
from bench.run.own_app import asked_app
from bench.system.program import call, in_checkout
from servers import catalogue
from servers.app import App, StartFolder
from servers.environment import Environment, build
from servers.errors import ProfileError
from servers.factory import made
from servers.folders import Folders, laid_out
from servers.ports import require_free
from servers.profile import Profile
from servers.serve import Reload, serve_argv, serve_env, serving, shared_store
from servers.settings import STORAGE, app_settings, with_settings
from servers.start_script import start_script


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What to serve, under what, and where."""

    server: str
    profiles: tuple[Path, ...]
    host: str
    port: int
    workers: int
    reload: Reload
    script: Path | None = None
    app: str | None = None
    wsgi_app: str | None = None
    app_dir: Path | None = None
    requirements: Path | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    app_env: tuple[str, ...] = ()
    env_files: tuple[Path, ...] = ()
    copy: bool = False
    isolated: bool = False
    app_settings: tuple[str, ...] = ()

    @property
    def own_app(self) -> bool:
        """Whether an app of the user's is served, and not the items app."""
        return self.app is not None or self.wsgi_app is not None


def list_servers(profiles: tuple[Path, ...]) -> int:
    """Show the names that `serve` and `run --servers` know."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "server", "interface", "reloads", "measured by default"):
        table.add_column(column)
    for profile in catalogue.known(profiles).values():
        reloads = profile.serve is not None and profile.serve.reload is not None
        table.add_row(
            profile.name,
            profile.with_adapter.title,
            profile.interface,
            "yes" if reloads else "no",
            _measured(profile),
        )
    console = screen.output()
    console.print(table)
    console.print(
        f"\n{call('serve', 'NAME')} [--host --port --workers --reload --app-setting]",
        highlight=False,
    )
    return 0


def _measured(profile: Profile) -> str:
    if profile.default:
        return "yes"
    return "of WSGI apps" if profile.wsgi_default else ""


def serve(options: ServeOptions) -> int:
    """Become the server: does not return, unless a script of it is wanted.

    Raises UsageError and ServerError.
    """
    profile, asked = _named(options.server, options.profiles), asked_app(options)
    app = _served(asked.app, options)
    serving(profile, options.reload)  # refuses before anything is built
    settings = app_settings(options.app_settings, own_app=options.own_app)
    if options.script is None:
        require_free(options.host, options.port)
    elif options.reload is Reload.ON:
        raise UsageError("--script and --reload exclude each other: give one of them")
    console = screen.progress()
    for note in asked.notes:
        _say(console, note)
    console.print(f"preparing the environment of {profile.name}", highlight=False)
    environment, folders = asyncio.run(_prepared(profile, app, options))
    for words in yielded(environment):
        _say(console, words)
    chosen = with_settings(profile, settings)
    if options.script is None:
        _become(chosen, environment, app, folders, options, console)
    return _written(chosen, environment, app, folders, options.script, options)


def _written(
    profile: Profile,
    environment: Environment,
    app: App,
    folders: Folders,
    script: Path,
    options: ServeOptions,
) -> int:
    """Write the script that starts the server."""
    text = start_script(
        serving(profile),
        environment,
        app,
        folders,
        host=options.host,
        port=options.port,
        workers=options.workers,
        of_items=not options.own_app,
    )
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    return 0


def _become(
    profile: Profile,
    environment: Environment,
    app: App,
    folders: Folders,
    options: ServeOptions,
    console: Console,
) -> NoReturn:
    """Let the server take this process's place."""
    argv = serve_argv(
        profile,
        environment,
        app,
        folders,
        host=options.host,
        port=options.port,
        workers=options.workers,
        reload=options.reload,
    )
    env = serve_env(
        profile,
        environment,
        app,
        folders,
        host=options.host,
        port=options.port,
        workers=options.workers,
    )
    if options.workers > 1 and not options.own_app and STORAGE not in env:
        env[STORAGE] = shared_store()
        _say(console, f"{options.workers} workers share a store: {STORAGE}={env[STORAGE]}")
    if folders.start != app.directory:
        _say(console, f"started in {folders.start}, which stays when the server has gone")
    _say(console, shlex.join(argv))
    docs = "" if options.own_app else "/docs"
    _say(console, f"http://{options.host}:{options.port}{docs}  Ctrl-C stops it")
    os.chdir(folders.start)
    os.execve(argv[0], argv, env)  # noqa: S606 - the server takes this process's place


def _served(app: App, options: ServeOptions) -> App:
    """The app as it is served: ours starts in its folder, which servers watch, where that is ours.

    Where it is installed, whoever serves it would write there.
    """
    ours = not options.own_app and (in_checkout() or options.script is not None)
    return replace(app, place=StartFolder.PROJECT) if ours else app


async def _prepared(
    profile: Profile, app: App, options: ServeOptions
) -> tuple[Environment, Folders]:
    """Build the environment, and make the folders, which nobody is left to remove."""
    environment = await build(serving(profile, options.reload), app)
    target = app.target(profile)
    writes = made(target) or app.place is not StartFolder.PROJECT
    scratch = Path(tempfile.mkdtemp(prefix="weighbridge-")) if writes else app.directory
    return environment, await laid_out(app, target, scratch)


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True, markup=False)


def _named(server: str, profiles: tuple[Path, ...]) -> Profile:
    """The one profile of that name; with a version, that version alone."""
    if "," in server:
        raise ProfileError(f"one server at a time can be served, and {server!r} names several")
    return catalogue.select(server, catalogue.known(profiles))[-1]
