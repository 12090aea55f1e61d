"""From what was given on the command line to what a run is asked to do."""

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
STAGE: Final = 1 / 3  # of a budget, for the rounds from which a precision reckons, at the most
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
"""What holds where a command does not have an option of `run`."""


def asked(given: dict[str, Any]) -> options.Options:
    """The options of a run, defaults filled in that depend on each other.

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
    named = given.pop("workloads") or (GET_ITEM,)
    workloads = [name for text in named for name in _listed(text)]
    telling = _telling(quiet=given.pop("quiet"), json_events=given.pop("json_events"))
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
        telling=telling,
    )


def _refuse_items_for(given: dict[str, Any]) -> None:
    """Refuse to send an app of the user's what only the items app can answer."""
    option = "--app" if given["app"] is not None else "--wsgi-app"
    own = given["app"] or given["wsgi_app"]
    if own is None:
        return
    if not given["workloads"]:
        raise UsageError(
            f"{option} '{own}' goes with --workload FILE.py, which says what to send and "
            f"what a right answer is; an items app goes with --workload {GET_ITEM}"
        )
    if given["tests"] is None:
        raise UsageError(
            f"{option} '{own}' goes with --tests PATH, the suite that proves it right, or "
            "with --tests none; the default suite is of the items app alone"
        )


def _listed(text: str) -> list[str]:
    """The workloads of one option: a list with commas, or a file that has one in its name."""
    return [text] if Path(text).is_file() else text.split(",")


def _telling(*, quiet: bool, json_events: bool) -> ProgressStyle:
    """How to tell what goes on. Raises UsageError where two ways were asked for."""
    if quiet and json_events:
        raise UsageError("--quiet and --json-events exclude each other: give one of them")
    if quiet:
        return ProgressStyle.QUIET
    return ProgressStyle.EVENTS if json_events else ProgressStyle.SHOWN
