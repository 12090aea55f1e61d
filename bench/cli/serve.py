"""`serve`: run the API, or the user's own app, under one server."""

import asyncio
import os
import shlex
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

from bench.cli.app_search import with_found_app
from bench.cli.console import stderr
from bench.cli.exit_codes import MEASURED
from bench.cli.run_parameters import of_run
from bench.cli.server_list import list_servers
from bench.cli.values import PATH
from bench.errors import UsageError
from bench.run.before_load.environments import yielded
from bench.run.own_app.asked import asked_app
from bench.run.own_app.options import AppOptions
from bench.system.program import in_checkout
from servers import catalogue
from servers.apps.app import App, StartFolder
from servers.apps.factory import made
from servers.apps.settings import STORAGE, app_settings, with_settings
from servers.command import Address, LaunchPlan
from servers.environments.cache import build
from servers.errors import ProfileError
from servers.folders import laid_out
from servers.ports import require_free
from servers.profile import Profile
from servers.protocol import Protocol
from servers.serve import (
    Reload,
    own_certificate,
    serve_argv,
    serve_env,
    serving,
    shared_store,
)
from servers.speaking import over
from servers.start_script import start_script


@click.command(
    params=of_run(
        "profiles",
        "app",
        "wsgi_app",
        "app_dir",
        "copy",
        "isolated",
        "requirements",
        "extras",
        "groups",
        "app_env",
        "env_files",
    )
)
@click.argument("server", required=False, metavar="[NAME]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--reload", is_flag=True, help="Reload when code changes, if the server supports it.")
@click.option(
    "--script",
    type=PATH,
    metavar="FILE",
    help="Do not start the server; write a shell script that starts it, such as for a container "
    "image. The script reads PORT and WORKERS from its environment.",
)
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the app, such as cache=lru; sets the environment variable ITEMS_NAME, or "
    "NAME for --app; repeatable.",
)
@click.option(
    "--protocol",
    type=click.Choice([each.value for each in Protocol], case_sensitive=False),
    help="What to speak, where that is not what the server speaks by itself; with TLS, a "
    "certificate is made.",
)
def serve(
    *,
    server: str | None,
    profiles: tuple[Path, ...],
    reload: bool,
    **given: Any,
) -> None:
    """Run the API, or your own app, under one server; without NAME, list the servers."""
    if server is None:
        raise SystemExit(list_servers(profiles))
    given = with_found_app({**given, "profiles": profiles, "servers": server}, "served")
    del given["servers"]
    options = ServeOptions(server=server, reload=Reload(reload), **given)
    raise SystemExit(serve_app(options))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions(AppOptions):
    """What to serve, under what, and where."""

    server: str
    profiles: tuple[Path, ...]
    host: str
    port: int
    workers: int
    reload: Reload
    script: Path | None = None
    protocol: str | None = None


def serve_app(options: ServeOptions) -> int:
    """Become the server: does not return, unless a script of it is wanted.

    Raises UsageError and ServerError.
    """
    profile, asked = _named(options.server, options.profiles), asked_app(options)
    if options.protocol is not None:
        profile = over((profile,), (Protocol(options.protocol),)).profiles[0]
    app = _served(asked.app, options)
    served = serving(profile, options.reload)  # refuses before anything is built
    if options.script is not None and served.certified:
        raise UsageError(
            f"--script cannot write the certificate of {profile.name}: name your own in a profile"
        )
    settings = app_settings(options.app_settings, own_app=options.own_app)
    if options.script is None:
        require_free(options.host, options.port)
    elif options.reload is Reload.ON:
        raise UsageError("--script and --reload exclude each other: give only one")
    console = stderr()
    for note in asked.notes:
        _say(console, note)
    console.print(f"preparing the environment of {profile.name}", highlight=False)
    plan = asyncio.run(_prepared(profile, app, options))
    for words in yielded(plan.environment):
        _say(console, words)
    plan = replace(plan, profile=with_settings(profile, settings))
    if options.script is None:
        _become(plan, options, console)
    return _written(plan, options.script, options)


def _written(plan: LaunchPlan, script: Path, options: ServeOptions) -> int:
    """Write the script that starts the server."""
    served = replace(plan, profile=serving(plan.profile))
    text = start_script(served, of_items=not options.own_app)
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    return MEASURED


def _become(plan: LaunchPlan, options: ServeOptions, console: Console) -> NoReturn:
    """Let the server take this process's place."""
    argv, env = serve_argv(plan, options.reload), serve_env(plan)
    if options.workers > 1 and not options.own_app and STORAGE not in env:
        env[STORAGE] = shared_store()
        _say(console, f"{options.workers} workers share a store: {STORAGE}={env[STORAGE]}")
    if plan.folders.start != plan.app.directory:
        _say(console, f"started in {plan.folders.start}, which is kept when the server stops")
    _say(console, shlex.join(argv))
    docs = "" if options.own_app else "/docs"
    scheme = "http" if plan.profile.tls is None else "https"
    if plan.address.certificate is not None:
        _say(console, f"its certificate is signed by {plan.address.certificate.ca}")
    _say(console, f"{scheme}://{options.host}:{options.port}{docs}  Ctrl-C stops it")
    os.chdir(plan.folders.start)
    os.execve(argv[0], argv, env)  # noqa: S606 - the server takes this process's place


def _served(app: App, options: ServeOptions) -> App:
    """The app as it is served: ours starts in its folder, which servers watch, where that is ours.

    Where it is installed, whoever serves it would write there.
    """
    ours = not options.own_app and (in_checkout() or options.script is not None)
    return replace(app, place=StartFolder.PROJECT) if ours else app


async def _prepared(profile: Profile, app: App, options: ServeOptions) -> LaunchPlan:
    """Build the environment, and make the folders, which nobody is left to remove."""
    served = serving(profile, options.reload)
    environment = await build(served, app)
    target = app.target(profile)
    writes = made(target) or app.place is not StartFolder.PROJECT
    scratch = Path(tempfile.mkdtemp(prefix="weighbridge-")) if writes else app.directory
    folders = await laid_out(app, target, scratch)
    certificate = own_certificate(options.host) if served.certified else None
    address = Address(options.host, options.port, certificate=certificate)
    return LaunchPlan(profile, environment, app, address, folders, options.workers)


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True, markup=False)


def _named(server: str, profiles: tuple[Path, ...]) -> Profile:
    """The one profile of that name; with a version, that version alone."""
    if "," in server:
        raise ProfileError(f"one server at a time can be served, and {server!r} names several")
    return catalogue.select(server, catalogue.known(profiles))[-1]
