"""`prepare`: build the environments of servers, so that nothing is left to install."""

import asyncio
from collections.abc import Sequence

from bench.commands import screen
from bench.system.tasks import gather_all
from servers import catalogue
from servers.app import items_app
from servers.environment import build, default_cache
from servers.profile import Profile
from servers.serve import serving


def prepare(servers: str | None) -> int:
    """Build what `run` and `serve` need of each server. Raises ServerError."""
    known = catalogue.known()
    chosen = catalogue.defaults() if servers is None else catalogue.select(servers, known)
    console = screen.progress()
    names = ", ".join(profile.name for profile in chosen)
    console.print(f"preparing the environments of {names}", highlight=False)
    forms = [form for profile in chosen for form in (profile, serving(profile))]
    asyncio.run(_build_all(forms))
    console.print(f"ready in {default_cache()}", highlight=False, soft_wrap=True)
    return 0


async def _build_all(profiles: Sequence[Profile]) -> None:
    await gather_all(build(profile, items_app()) for profile in profiles)
