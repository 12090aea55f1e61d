"""The app that was asked for: the items app, or one of the user's, with what it is given."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UsageError
from bench.facts.settings import AppSettingsRecord
from bench.messages import read_by_servers
from bench.run.own_app.needs import needs
from bench.run.own_app.options import AppOptions
from servers.apps.app import App, StartFolder, items_app
from servers.apps.copying import check_size
from servers.apps.env_file import OPTION as ENV_FILE_OPTION
from servers.apps.env_file import read_all
from servers.apps.settings import ENV_OPTION, app_settings, masked


@dataclass(frozen=True, slots=True)
class AskedApp:
    """An app, and what may be written down of it beside its name; None: of the items app."""

    app: App
    record: AppSettingsRecord | None
    notes: tuple[str, ...] = ()
    """What is printed beforehand."""


def asked_app(options: AppOptions) -> AskedApp:
    """Look at what was given of an app. Raises UsageError and ProfileError."""
    if options.app is None and options.wsgi_app is None:
        _refuse_without_app(options)
        return AskedApp(items_app(), None)
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
    record = AppSettingsRecord(
        started_in=str(app.place),
        app_env=dict(given.shown) or None,
        app_env_digests=given.digests or None,
        env_files=tuple(file.recorded for file in files) or None,
        requirements=needed.recorded,
    )
    found = options.found.note if options.found else None
    servers = record.read_by_servers
    told = read_by_servers(servers) if servers else None
    return AskedApp(app, record, tuple(note for note in (found, *needed.notes, told) if note))


def _directory(options: AppOptions) -> Path:
    directory = options.app_dir or Path()
    if not directory.is_dir():
        raise UsageError(f"--app-dir '{directory}' is not a folder: name the app's folder")
    full = directory.resolve()
    if os.pathsep in str(full) and not options.copy:  # a copy lies elsewhere
        raise UsageError(
            f"the app's folder '{full}' has {os.pathsep!r} in its path, at which Python divides "
            "PYTHONPATH, so no server could import from it: rename the folder, or give --copy"
        )
    return full


def _place(options: AppOptions) -> StartFolder:
    if options.copy and options.isolated:
        raise UsageError("--copy and --isolated exclude each other: give only one")
    if options.copy:
        return StartFolder.COPY
    return StartFolder.EMPTY if options.isolated else StartFolder.PROJECT


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
