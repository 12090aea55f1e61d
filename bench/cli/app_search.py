"""When commands look for the app that they are not told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.run.own_app.search import find_app
from bench.workloads.built_in import BUILT_IN
from servers import catalogue


def with_found_app(
    given: Mapping[str, Any], done: str = "measured", folder: Path | None = None
) -> dict[str, Any]:
    """The options of a command, with the app that is found where none is named.

    It is looked for in the folder that was named as the app's, or else in `folder`, or here.

    Nothing is looked for where a built-in workload is named, which is for the items app, or where
    all servers run elsewhere. `done`: what the command does with an app, for a sentence.
    Raises UsageError and ProfileError.
    """
    named = given["app"] is not None or given["wsgi_app"] is not None
    if named or _of_items(given.get("workloads") or ()) or _runs_elsewhere(given):
        return dict(given)
    app_dir = given["app_dir"] or folder
    found = find_app(app_dir)
    if found is None:
        return dict(given)
    return {
        **given,
        "app": found.app,
        "wsgi_app": found.wsgi_app,
        "app_dir": found.app_dir or app_dir,
        "found": replace(found, done=done),
    }


def _of_items(workloads: tuple[str, ...]) -> bool:
    return any(name in BUILT_IN for text in workloads for name in text.split(","))


def _runs_elsewhere(given: Mapping[str, Any]) -> bool:
    """Whether every server that was named is one that somebody else has started."""
    if given.get("servers") is None or not given["profiles"]:
        return False
    known = catalogue.known(given["profiles"])
    return all(each.external for each in catalogue.select(given["servers"], known))
