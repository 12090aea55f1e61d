"""`serve`: run the API, or the user's own app, under one server."""

from pathlib import Path
from typing import Any

import click

from bench.cli.run import of_run
from bench.cli.values import PATH, profile_option


@click.command(
    params=of_run(
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
@profile_option
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
def serve(
    *,
    server: str | None,
    profiles: tuple[Path, ...],
    reload: bool,
    **given: Any,
) -> None:
    """Run the API, or your own app, under one server; without NAME, list the servers."""
    from bench.commands import serve as command  # noqa: PLC0415
    from servers.serve import Reload  # noqa: PLC0415

    if server is None:
        raise SystemExit(command.list_servers(profiles))
    options = command.ServeOptions(server, profiles, reload=Reload(reload), **given)
    raise SystemExit(command.serve(options))
