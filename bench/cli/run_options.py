"""Turns command line arguments into the Options of a run; defaults that depend on others."""

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from bench.errors import UsageError
from bench.progress.style import ProgressStyle
from bench.run.own_app.search import AppFinding
from bench.run.request.options import NO_SUITE, Options
from bench.system.program import invoked_as
from bench.workloads.secrets import recordable
from servers.apps.settings import masked

GET_ITEM: Final = "get_item"
DEFAULT_BUDGET_S: Final = 300.0
PRECISION_BUDGET_S: Final = 1800.0
STAGE: Final = 1 / 3  # of the budget, at most, for the fixed rounds that --precision starts from
QUICK_BUDGET_S: Final = 55.0
QUICK_ROUNDS: Final = 3
SEEDS: Final = 2**31
_REASONED: Final = {"workloads", "rounds", "seed", "replays"}
_REQUESTS: Final = ("paths", "urls", "curl", "openapi", "access_logs", "har", "http_files")
_AS_GIVEN: Final = {each.name for each in fields(Options)} - _REASONED
"""Options that are what was given."""


def options_from(given: dict[str, Any]) -> Options:
    """The options of a run, with defaults that depend on each other filled in.

    What `given` lacks has the default of its field. Raises UsageError for options that exclude each
    other.
    """
    quick, rounds, budget_s = (given.get(name) for name in ("quick", "rounds", "budget"))
    precision, seed = given.get("precision"), given.get("seed")
    fixed_s = QUICK_BUDGET_S if quick else DEFAULT_BUDGET_S
    if budget_s is None:
        budget_s = fixed_s if precision is None else PRECISION_BUDGET_S
    asked = {name: value for name, value in given.items() if name in _AS_GIVEN}
    named = given.get("workloads") or ()
    requested = names_requests(given)
    if requested and not named and asked.get("tests") is None and _own(given) is not None:
        asked["tests"] = NO_SUITE  # answers are held against the baseline's
    if asked.get("arrivals") is None:
        asked.pop("arrivals", None)
    options = Options(
        **asked,
        replays=_replays(given),
        workloads=_workloads(named or (() if requested else (GET_ITEM,))),
        rounds=rounds or (QUICK_ROUNDS if quick else default_of("rounds")),
        stage_s=budget_s if precision is None else min(budget_s * STAGE, fixed_s),
        budget_s=budget_s,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        command=(*invoked_as(), *masked(recordable(sys.argv[1:])), *_found_arguments(given)),
        progress_style=_progress_style(given),
    )
    _refuse_items_for(options, are_named=bool(named) or requested)
    return options


def names_requests(given: Mapping[str, Any]) -> bool:
    """Whether options name what is sent without a program."""
    return any(given.get(name) for name in _REQUESTS)


def _replays(given: Mapping[str, Any]) -> bool:
    """Whether logs are sent as they were logged: where they can be, and nobody says otherwise.

    Raises UsageError where a replay is asked for and cannot be.
    """
    speed = given.get("replay_speed")
    others = [f"--{name}" for name in ("rate", "arrivals") if given.get(name) is not None]
    if speed is not None and not given.get("access_logs"):
        raise UsageError("--replay-speed needs --access-log, whose requests it is of")
    if speed is not None and others:
        raise UsageError(
            f"--replay-speed sends requests when the log says, and {others[0]} would send them at "
            "other times: leave one of them out"
        )
    return "replay_speed" in given and not others


def _own(given: Mapping[str, Any]) -> str | None:
    """The user's own app, if one is named."""
    own: str | None = given.get("app") or given.get("wsgi_app")
    return own


def _found_arguments(given: Mapping[str, Any]) -> tuple[str, ...]:
    """What would have named the app that was found; nothing, where it was named."""
    found: AppFinding | None = given.get("found")
    return () if found is None else found.arguments


def default_of(name: str) -> Any:
    """What an option of `run` is where it is not given."""
    (found,) = [each.default for each in fields(Options) if each.name == name]
    return found


def _refuse_items_for(options: Options, *, are_named: bool) -> None:
    """Refuse to send a user's app what only the items app can answer.

    are_named: whether the workloads are those that were asked for.
    """
    if not options.own_app:
        return
    option, own = ("--app", options.app) if options.app else ("--wsgi-app", options.wsgi_app)
    named = f"{option} '{own}'" if options.found is None else f"found {options.found.described}: it"
    if not are_named:
        raise UsageError(
            f"{named} needs to know what to send: --path /, --urls FILE, --curl 'curl ...', "
            "--openapi, --access-log FILE, --har FILE, --http-file FILE, or --workload FILE.py, "
            "which defines what a correct response is too; for an items app use --workload "
            f"{GET_ITEM}"
        )
    if options.tests is None:
        raise UsageError(
            f"{named} needs --tests PATH, a suite that verifies it, or --tests none; the "
            "default suite is only for the items app"
        )


def _workloads(texts: Sequence[str]) -> tuple[str, ...]:
    """The workloads of all options, each a comma-separated list, or a file with a comma in it."""
    each = (([text] if Path(text).is_file() else text.split(",")) for text in texts)
    return tuple(name for names in each for name in names)


def _progress_style(given: Mapping[str, Any]) -> ProgressStyle:
    """How to show progress. Raises UsageError if two ways were asked for."""
    quiet, json_events = given.get("quiet", False), given.get("json_events", False)
    if quiet and json_events:
        raise UsageError("--quiet and --json-events exclude each other: give only one")
    if quiet:
        return ProgressStyle.QUIET
    return ProgressStyle.EVENTS if json_events else ProgressStyle.SHOWN
