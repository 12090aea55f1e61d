"""Apps of which the truth is known, each as a run of the whole program: data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.facts.load import Mode
from bench.proof.known_answers.models import (
    LONG_MS,
    Bound,
    Model,
    Near,
    Stalling,
    Throughput,
    WaitingModel,
    Wanted,
    Working,
    just_above,
    works_at_least,
)
from bench.proof.reference import apps
from bench.proof.reference.apps.row_app import PATH
from bench.proof.reference.apps.stalling_app import BEHIND, STALLS
from bench.proof.reference.apps.waiting_app import WAIT_MS
from bench.proof.reference.workloads import mixed_rows_workload, row_workload
from bench.run.request.options import Options
from bench.system.repository import ROOT
from servers.apps.app import ITEMS_REQUIREMENTS, items_app

ROW: Final = str(Path(row_workload.__file__))
MIXED: Final = str(Path(mixed_rows_workload.__file__))
_REFERENCE: Final = apps.__name__
RATE: Final = 300.0
"""Requests/s offered where half of what can be answered would be more: so few that what an app
comes to hardly depends on how fast the machine is."""
_ITEM: Final = "/items/7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One app under one or two servers.

    name: what it is chosen by. title: what the app does. path: what plain clients ask for; clients:
    which of them. stalls: when the app stands still; unless `by_itself`, it is measured together
    with the same app that does not. budget_s: of the run.
    """

    name: str
    title: str
    app: str
    model: Model
    wanted: Wanted = field(default_factory=Wanted)
    wsgi: str | None = None
    servers: str = "uvicorn"
    workload: str = ROW
    path: str = PATH
    env: Mapping[str, str] = field(default_factory=dict)
    stalls: str | None = None
    by_itself: bool = False
    rate: float | None = None
    budget_s: float = 60.0
    clients: Sequence[str] = ("wrk",)

    def is_bare(self, profile: str) -> bool:
        """Whether a profile is the one without stalls, beside one that has some."""
        return self.stalls is not None and not self.by_itself and profile == bare_name(profile)

    def options(self, given: Options, budget_s: float | None) -> Options:
        """What the run is asked to do; `given` says what is the same for all."""
        budget_s = budget_s or self.budget_s
        stalls = () if self.stalls is None else (f"{STALLS}={self.stalls}",)
        env = tuple(f"{name}={value}" for name, value in self.env.items())
        return replace(
            given,
            servers=self.servers,
            profiles=(),
            app=f"{_REFERENCE}.{self.app}",
            wsgi_app=None if self.wsgi is None else f"{_REFERENCE}.{self.wsgi}",
            app_dir=ROOT,
            isolated=True,
            requirements=ITEMS_REQUIREMENTS.file,
            app_env=(*env, *stalls) if self.by_itself else env,
            app_settings=() if self.by_itself else stalls,
            workloads=(self.workload,),
            rate=self.rate,
            stage_s=budget_s,
            budget_s=budget_s,
            selftest=False,
            against_itself=False,
        )


def bare_name(profile: str) -> str:
    """The server that a profile with a setting of the app is a variant of."""
    return profile.partition("+")[0]


_BEHIND: Final = {BEHIND: items_app().asgi or ""}


_STILL: Final = Case(
    name="", title="", app="stalling_app:app", model=Stalling(), env=_BEHIND, workload="get_item",
    path=_ITEM, budget_s=120.0, rate=RATE,
)  # fmt: skip
"""What all have in common that stand still."""


def _waiting(wait_ms: float, budget_s: float, rate: float | None = None) -> Case:
    return Case(
        name=f"e{wait_ms:g}",
        title=f"awaits {wait_ms:,g} ms",
        app="waiting_app:app",
        model=WaitingModel(wait_ms),
        wanted=Wanted(bounds=(just_above(wait_ms),)),
        env={WAIT_MS: f"{wait_ms:g}"},
        clients=("wrk",) if wait_ms < LONG_MS else (),
        rate=rate,
        budget_s=budget_s,
    )


_ALL: Final = (
    replace(_STILL, name="a", title="stalls for 100 ms at every 300th request",
            stalls="requests/300/0.1", servers="uvicorn,granian", budget_s=180.0,
            wanted=Wanted(Near(0.10), apart=True)),
    replace(_STILL, name="b", title="stalls for 100 ms in every second",
            stalls="clock/1/0.1"),
    replace(_STILL, name="c", title="stalls for 20 ms at every 100th request",
            stalls="requests/100/0.02"),
    _waiting(10, 60.0, RATE),
    _waiting(50, 60.0),
    _waiting(200, 60.0),
    _waiting(1500, 180.0),
    Case(
        name="f", title="answers 97 % at once, awaits 1,500 ms for 3 %", app="waiting_app:app",
        model=WaitingModel(1500, share=0.03), env={WAIT_MS: "1500"}, workload=MIXED, clients=(),
        budget_s=180.0,
    ),
    Case(
        name="g", title="works for 4 ms in a thread after each answer", app="working_app:app",
        model=Throughput(), servers="uvicorn,hypercorn", budget_s=120.0,
        wanted=Wanted(Near(0.20), works_at_least(4000)),
    ),
    Case(
        name="g-loop", title="works for 4 ms in its event loop after each answer",
        app="working_app:blocking", model=Working(4.0), servers="uvicorn,hypercorn",
        budget_s=120.0, wanted=Wanted(Near(0.20), works_at_least(4000)),
    ),
    Case(
        name="h", title="closes each connection", app="closing_app:app", model=Throughput(),
        wanted=Wanted(Near(0.15)), clients=("wrk", "ab"), rate=RATE,
    ),
    Case(
        name="h-sync", title="closes each connection, by its server", app="closing_app:app",
        wsgi="closing_app:application", model=Throughput(), servers="gunicorn-sync",
        wanted=Wanted(Near(0.15)), clients=("wrk", "ab"), rate=RATE,
    ),
    replace(
        _STILL, name="i", title="stalls for 0.4 s in every 4 s under load",
        stalls="load/4/0.4", by_itself=True, budget_s=300.0,
        wanted=Wanted(bounds=(
            Bound(Mode.OPEN, "p95_ms", "100 to 320 ms", 100.0, 320.0),
            Bound(Mode.OPEN, "p99_ms", "280 to 480 ms", 280.0, 480.0),
        )),
    ),
)  # fmt: skip

CASES: Final = {case.name: case for case in _ALL}
"""By name."""


def chosen(text: str | None) -> Sequence[Case]:
    """Read "a,e50"; None: all. Raises UsageError."""
    if text is None:
        return _ALL
    names = [word.strip() for word in text.split(",")]
    for name in names:
        if name not in CASES:
            raise UsageError(f"case '{name}' is unknown; known: {', '.join(CASES)}")
    return [CASES[name] for name in dict.fromkeys(names)]
