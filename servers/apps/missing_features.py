"""What a server lacks that an app may need, in words."""

from collections.abc import Collection, Sequence

from servers.apps.app import App
from servers.profile import Lack, Profile

_SAYS = {
    Lack.LIFESPAN: "the app's startup does not run under {}: no lifespan support",
    Lack.WEBSOCKET: "the app's WebSockets cannot be reached under {}: no WebSocket support",
    Lack.CLOSE_CODES: "no WebSocket of the app is closed with a code from 1001 to 2999 under {}",
}


def possible_cause(profile: Profile, app: App) -> str:
    """Say what a server lacks that may be why it failed; empty: nothing known.

    A WSGI server counts where its app is another face of an ASGI app.
    """
    if Lack.LIFESPAN not in profile.lacks or app.asgi is None:
        return ""
    return f"; {profile.name} runs no lifespan: if the app has a startup, it did not run"


def notes(profiles: Sequence[Profile], parts: Collection[Lack]) -> list[str]:
    """Say which of these servers lack what the app has."""
    found = []
    for part in Lack:
        names = [each.name for each in profiles if part in each.lacks]
        wanted = Lack.WEBSOCKET if part is Lack.CLOSE_CODES else part
        if wanted in parts and names:
            found.append(_SAYS[part].format(" and ".join(names)))
    return found
