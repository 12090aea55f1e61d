"""`prepare`: build the environments of servers."""

import asyncio
from collections.abc import Sequence

import click

from bench.cli.console import stderr
from bench.cli.exit_codes import MEASURED
from bench.system.tasks import gather_all
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build, default_cache
from servers.profile import Profile
from servers.serve import serving


@click.command()
@click.option("--servers", metavar="A,B", help="Servers to prepare.  [default: the seven]")
def prepare(servers: str | None) -> None:
    """Build the servers' environments in advance, so that runs install nothing."""
    raise SystemExit(build_environments(servers))


def build_environments(servers: str | None) -> int:
    """Build what `run` and `serve` need of each server. Raises ServerError."""
    known = catalogue.known()
    chosen = catalogue.defaults() if servers is None else catalogue.select(servers, known)
    console = stderr()
    names = ", ".join(profile.name for profile in chosen)
    console.print(f"preparing the environments of {names}", highlight=False)
    forms = [form for profile in chosen for form in (profile, serving(profile))]
    asyncio.run(_build_all(forms))
    console.print(f"ready in {default_cache()}", highlight=False, soft_wrap=True)
    return MEASURED


async def _build_all(profiles: Sequence[Profile]) -> None:
    await gather_all(build(profile, items_app()) for profile in profiles)
