"""`serve` without a name: the servers that can be named."""

from pathlib import Path

from rich.table import Table

from bench.cli.console import stdout
from bench.cli.exit_codes import MEASURED
from bench.system.program import call
from servers import catalogue
from servers.profile import Profile


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
    console = stdout()
    console.print(table)
    console.print(
        f"\n{call('serve', 'NAME')} [--host --port --workers --reload --app-setting]",
        highlight=False,
    )
    return MEASURED


def _measured(profile: Profile) -> str:
    if profile.default:
        return "yes"
    return "of WSGI apps" if profile.wsgi_default else ""
