"""`serve`: run the API, or an app of the user's, under one server."""

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
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--reload", is_flag=True, help="Load changed code again, where the server can.")
@click.option(
    "--script",
    type=PATH,
    metavar="FILE",
    help="Write a shell script that starts the server, as for an image, and do not start it. It "
    "reads PORT and WORKERS from its environment.",
)
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the app, as cache=lru; sets ITEMS_NAME, or for --app the variable NAME; "
    "repeatable.",
)
def serve(
    *,
    server: str | None,
    profiles: tuple[Path, ...],
    reload: bool,
    **given: Any,
) -> None:
    """Run the API, or an app of your own, under one server; without a name, list them."""
    from bench.commands import serve as command  # noqa: PLC0415
    from servers.serve import Reload  # noqa: PLC0415

    if server is None:
        raise SystemExit(command.list_servers(profiles))
    wanted = command.ServeOptions(server, profiles, reload=Reload(reload), **given)
    raise SystemExit(command.serve(wanted))
