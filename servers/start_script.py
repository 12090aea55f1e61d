"""A shell script that becomes a server: all that an image needs to serve an app."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from servers.apps.settings import STORAGE
from servers.command import LaunchPlan, launch_line, profile_env, python_path
from servers.profile import mentions

_VARIABLES: Final = {"{port}": "\0PORT\0", "{workers}": "\0WORKERS\0"}
"""What is chosen when the script is run, and how it is marked until it has been quoted."""
_MARKED: Final = re.compile("\0(\\w+)\0")
_SHARED: Final = f"""\
if [ "$WORKERS" -gt 1 ] && [ -z "${{{STORAGE}:-}}" ]; then
    export {STORAGE}=sqlite:///"$(mktemp -d)"/items.sqlite3
fi
"""


def start_script(plan: LaunchPlan, *, of_items: bool) -> str:
    """Return the script; the plan's profile is what `serving` returns.

    PORT and WORKERS of its environment are the port and the number of workers; the plan's where
    there are none. Several workers of the items app (`of_items`) get a store that they share.
    """
    profile, environment = plan.profile, plan.environment
    fitted = profile.fitted(environment.packages)
    marked = replace(
        fitted,
        argv=tuple(map(_mark, fitted.argv)),
        env={name: _mark(value) for name, value in fitted.env.items()},
    )
    # How many workers there are is the script's to know: the line is made for any number.
    filled = replace(plan, profile=marked, workers=1)
    variables = dict(profile_env(filled))
    path = python_path(filled, variables.pop("PYTHONPATH", None))
    scales = mentions("workers", fitted.argv)
    return "".join(
        [
            "#!/bin/sh\n",
            f"# {profile.title}: written by weighbridge serve.\n",
            f': "${{PORT:={plan.address.port}}}" "${{WORKERS:={plan.workers}}}"\n',
            "" if scales else _one_worker(profile.name),
            _exports(variables),
            _SHARED if of_items and scales else "",
            f'export PATH={shlex.quote(str(environment.bin))}:"$PATH"\n',
            f'export PYTHONPATH={shlex.quote(path)}"${{PYTHONPATH:+:$PYTHONPATH}}"\n',
            f"cd {shlex.quote(str(plan.folders.start))} || exit 1\n",
            f"exec {' '.join(map(_quoted, launch_line(filled)))}\n",
        ]
    )


def _mark(text: str) -> str:
    for placeholder, marked in _VARIABLES.items():
        text = text.replace(placeholder, marked)
    return text


def _quoted(word: str) -> str:
    """Quote a word for the shell, but for the variables in it."""
    *pairs, last = _MARKED.split(word)
    parts = [
        f'{shlex.quote(text) if text else ""}"${name}"'
        for text, name in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return "".join([*parts, shlex.quote(last) if last or not parts else ""])


def _exports(variables: Mapping[str, str]) -> str:
    return "".join(f"export {name}={_quoted(value)}\n" for name, value in variables.items())


def _one_worker(name: str) -> str:
    said = shlex.quote(f"{name} runs one worker: leave WORKERS out")
    return f'[ "$WORKERS" = 1 ] || {{ echo {said} >&2; exit 2; }}\n'
