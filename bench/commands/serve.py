"""`serve`: run the API under one server, in the foreground."""

import asyncio
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench.commands import screen
from servers import catalogue
from servers.app import App
from servers.environment import build
from servers.errors import ProfileError
from servers.ports import require_free
from servers.profile import Profile
from servers.serve import Reload, serve_argv, serve_env, serving, shared_store
from servers.settings import STORAGE, app_settings, with_settings


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What to serve, under what, and where."""

    server: str
    profiles: tuple[Path, ...]
    app: App
    host: str
    port: int
    workers: int
    reload: Reload
    app_settings: tuple[str, ...] = ()


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
        "\nnox -s serve -- NAME [--host --port --workers --reload --app-setting]", highlight=False
    )
    return 0


def _measured(profile: Profile) -> str:
    if profile.default:
        return "yes"
    return "of WSGI apps" if profile.wsgi_default else ""


def serve(options: ServeOptions) -> int:
    """Become the server: does not return. Raises ServerError."""
    profile = _named(options.server, options.profiles)
    serving(profile, options.reload)  # refuses before anything is built
    settings = app_settings(options.app_settings, own_app=False)
    require_free(options.host, options.port)
    console = screen.progress()
    console.print(f"preparing the environment of {profile.name}", highlight=False)
    environment = asyncio.run(build(serving(profile, options.reload), options.app))
    argv = serve_argv(
        profile,
        environment,
        options.app,
        host=options.host,
        port=options.port,
        workers=options.workers,
        reload=options.reload,
    )
    env = serve_env(
        with_settings(profile, settings),
        environment,
        options.app,
        host=options.host,
        port=options.port,
        workers=options.workers,
    )
    if options.workers > 1 and STORAGE not in env:
        env[STORAGE] = shared_store()
        console.print(
            f"{options.workers} workers share a store: {STORAGE}={env[STORAGE]}",
            highlight=False,
            soft_wrap=True,
        )
    console.print(shlex.join(argv), highlight=False, soft_wrap=True, markup=False)
    console.print(f"http://{options.host}:{options.port}/docs  Ctrl-C stops it", highlight=False)
    os.chdir(options.app.directory)
    os.execve(argv[0], argv, env)  # noqa: S606 - the server takes this process's place


def _named(server: str, profiles: tuple[Path, ...]) -> Profile:
    """The one profile of that name; with a version, that version alone."""
    if "," in server:
        raise ProfileError(f"one server at a time can be served, and {server!r} names several")
    return catalogue.select(server, catalogue.known(profiles))[-1]
