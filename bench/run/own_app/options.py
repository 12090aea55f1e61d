"""What the user said of the app: which one is run, and what it needs."""

from dataclasses import dataclass
from pathlib import Path

from bench.run.own_app.search import AppFinding


@dataclass(frozen=True, kw_only=True)
class AppOptions:
    """The options that say which app is run, and what it needs: of `run`, `serve` and their like.

    app, wsgi_app: None for both: the items app. app_dir: None: the folder in which the command was
    given. requirements: "none": nothing is needed; None: it is looked for. found: where the app was
    found that these name; None: it was given, or there is none.
    """

    app: str | None = None
    wsgi_app: str | None = None
    app_dir: Path | None = None
    requirements: Path | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    app_env: tuple[str, ...] = ()
    env_files: tuple[Path, ...] = ()
    app_settings: tuple[str, ...] = ()
    copy: bool = False
    isolated: bool = False
    found: AppFinding | None = None

    @property
    def own_app(self) -> bool:
        """Whether an app of the user's is run, ASGI or WSGI, and not the items app."""
        return self.app is not None or self.wsgi_app is not None
