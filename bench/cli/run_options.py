"""Turns command line arguments into the Options of a run; defaults live here."""

import secrets
import sys
from pathlib import Path
from typing import Any, Final

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client
from bench.progress.style import ProgressStyle
from bench.run import options
from bench.system.program import invoked_as
from servers.settings import masked

NO_GATE: Final = "none"
GET_ITEM: Final = "get_item"
DEFAULT_BUDGET_S: Final = 300.0
DEFAULT_ROUNDS: Final = 5
PRECISION_BUDGET_S: Final = 1800.0
STAGE: Final = 1 / 3  # of the budget, at most, for the fixed rounds that --precision starts from
QUICK_BUDGET_S: Final = 60.0
QUICK_ROUNDS: Final = 3
SEEDS: Final = 2**31

_WITHOUT: Final[dict[str, Any]] = {
    "profiles": (), "app": None, "wsgi_app": None, "app_dir": None, "app_env": (),
    "env_files": (), "copy": False, "isolated": False, "app_settings": (), "requirements": None,
    "extras": (), "groups": (), "ready": None, "start_timeout_s": None,
    "tests": NO_GATE, "workloads": (), "names": (),
    "rate": None, "arrivals": Arrivals.POISSON.value, "connections": 32, "workers": 1,
    "alone": False, "rounds": None, "precision": None, "quick": False, "baseline": None,
    "client": Client.WIRE.value, "generator_cores": 1, "selftest": True, "against_itself": False,
    "seed": None, "out": None, "resume": None, "quiet": False, "json_events": False,
}  # fmt: skip
"""Values for commands that lack an option of `run`."""


def options_from(given: dict[str, Any]) -> options.Options:
    """The options of a run, with defaults that depend on each other filled in.

    Raises UsageError for options that exclude each other.
    """
    given = {**_WITHOUT, **given}
    _refuse_items_for(given)
    quick = given.pop("quick")
    rounds, budget_s = given.pop("rounds"), given.pop("budget")
    fixed_s = QUICK_BUDGET_S if quick else DEFAULT_BUDGET_S
    if budget_s is None:
        budget_s = fixed_s if given["precision"] is None else PRECISION_BUDGET_S
    seed = given.pop("seed")
    workload_options = given.pop("workloads") or (GET_ITEM,)
    workloads = [name for text in workload_options for name in _workloads_in(text)]
    style = _progress_style(quiet=given.pop("quiet"), json_events=given.pop("json_events"))
    return options.Options(
        **{key: value for key, value in given.items() if key not in {"arrivals", "client"}},
        workloads=tuple(workloads),
        arrivals=Arrivals(given["arrivals"]),
        client=Client(given["client"]),
        rounds=rounds or (QUICK_ROUNDS if quick else DEFAULT_ROUNDS),
        stage_s=budget_s if given["precision"] is None else min(budget_s * STAGE, fixed_s),
        budget_s=budget_s,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        command=(*invoked_as(), *masked(sys.argv[1:])),
        progress_style=style,
    )


def _refuse_items_for(given: dict[str, Any]) -> None:
    """Refuse to send a user's app what only the items app can answer."""
    option = "--app" if given["app"] is not None else "--wsgi-app"
    own = given["app"] or given["wsgi_app"]
    if own is None:
        return
    if not given["workloads"]:
        raise UsageError(
            f"{option} '{own}' needs --workload FILE.py, which defines what to send and what a "
            f"correct response is; for an items app use --workload {GET_ITEM}"
        )
    if given["tests"] is None:
        raise UsageError(
            f"{option} '{own}' needs --tests PATH, a suite that verifies it, or --tests none; the "
            "default suite is only for the items app"
        )


def _workloads_in(text: str) -> list[str]:
    """The workloads of one option: a comma-separated list, or a file with a comma in its name."""
    return [text] if Path(text).is_file() else text.split(",")


def _progress_style(*, quiet: bool, json_events: bool) -> ProgressStyle:
    """How to show progress. Raises UsageError if two ways were asked for."""
    if quiet and json_events:
        raise UsageError("--quiet and --json-events exclude each other: give only one")
    if quiet:
        return ProgressStyle.QUIET
    return ProgressStyle.EVENTS if json_events else ProgressStyle.SHOWN
