"""The app that was asked for: the items app, or one of the user's, with what it is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.errors import UsageError
from bench.run.needs import NeedsOptions, needs
from servers.app import App, StartFolder, items_app
from servers.copying import check_size
from servers.env_file import OPTION as ENV_FILE_OPTION
from servers.env_file import EnvFile, read_all
from servers.settings import ENV_OPTION, AppSettings, app_settings, masked


class AppOptions(NeedsOptions, Protocol):
    """What says which app; of `run`, `serve` and their like."""

    @property
    def app(self) -> str | None:
        """The ASGI app."""

    @property
    def wsgi_app(self) -> str | None:
        """The WSGI app."""

    @property
    def app_dir(self) -> Path | None:
        """Its folder; None: the one in which the command was given."""

    @property
    def app_env(self) -> tuple[str, ...]:
        """Variables, NAME=VALUE each."""

    @property
    def env_files(self) -> tuple[Path, ...]:
        """Files of more of them."""

    @property
    def copy(self) -> bool:
        """Whether each server starts in a copy of its folder."""

    @property
    def isolated(self) -> bool:
        """Whether each server starts in an empty folder."""


@dataclass(frozen=True, slots=True)
class AskedApp:
    """An app, and what may be written down of it beside its name."""

    app: App
    told: dict[str, Any]
    notes: tuple[str, ...] = ()
    """What people are told beforehand."""


def asked_app(options: AppOptions) -> AskedApp:
    """Look at what was given of an app. Raises UsageError and ProfileError."""
    if options.app is None and options.wsgi_app is None:
        _refuse_without_app(options)
        return AskedApp(items_app(), {})
    given = app_settings(options.app_env, own_app=True, option=ENV_OPTION)
    files = read_all(options.env_files, given.env)
    directory = _directory(options)
    needed = needs(options, directory)
    app = App(
        asgi=options.app,
        wsgi=options.wsgi_app,
        directory=directory,
        requirements=needed.requirements,
        env=given.env,
        file_env={name: value for file in files for name, value in file.env.items()},
        place=_place(options),
    )
    if app.place is StartFolder.COPY:
        check_size(app.directory)
    told = {**_told(app, given, files), "requirements": dict(needed.told)}
    return AskedApp(app, told, (needed.note,) if needed.note else ())


def _directory(options: AppOptions) -> Path:
    directory = options.app_dir or Path()
    if not directory.is_dir():
        raise UsageError(f"--app-dir '{directory}' is not a folder: name the app's folder")
    return directory.resolve()


def _place(options: AppOptions) -> StartFolder:
    if options.copy and options.isolated:
        raise UsageError("--copy and --isolated exclude each other: give only one")
    if options.copy:
        return StartFolder.COPY
    return StartFolder.EMPTY if options.isolated else StartFolder.PROJECT


def _told(app: App, given: AppSettings, files: Sequence[EnvFile]) -> dict[str, Any]:
    told: dict[str, Any] = {"started_in": str(app.place)}
    if given:
        told["app_env"] = dict(given.shown)
    if given.digests:
        told["app_env_digests"] = given.digests
    if files:
        told["env_files"] = [file.told for file in files]
    return told


def _refuse_without_app(options: AppOptions) -> None:
    """Refuse what says something of the user's app when there is none."""
    stray = {
        "--app-dir": options.app_dir,
        "--requirements": options.requirements,
        "--extra": " ".join(options.extras) or None,
        "--group": " ".join(options.groups) or None,
        ENV_OPTION: " ".join(masked(options.app_env)) or None,
        ENV_FILE_OPTION: " ".join(map(str, options.env_files)) or None,
    }
    found = [f"{option} '{given}'" for option, given in stray.items() if given is not None]
    flags = {"--copy": options.copy, "--isolated": options.isolated}
    found += [flag for flag, given in flags.items() if given]
    if found:
        raise UsageError(f"{found[0]} needs --app or --wsgi-app: name the app too")
