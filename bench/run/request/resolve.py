"""Options checked and resolved: all that can be refused before a server starts."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any, Final

from bench.errors import UsageError
from bench.facts.load import Client
from bench.facts.run import Purpose
from bench.facts.settings import Check, RunSettings, Timing
from bench.load.scripts.user_code import tried
from bench.plan import schedule
from bench.run.own_app.asked import AskedApp, asked_app
from bench.run.own_app.readiness import readiness
from bench.run.own_app.suite import check_asks
from bench.run.request.event_streams import with_event_streams
from bench.run.request.options import NO_SUITE, Options
from bench.run.request.other_hosts import other_hosts
from bench.run.request.protocols import asked_protocols, reached, refuse_unrenewable, streams
from bench.run.request.replays import with_replays
from bench.run.request.websockets import websockets_among, with_websockets
from bench.system.repository import ROOT
from bench.workloads.built_in import BUILT_IN
from bench.workloads.labels import labels
from bench.workloads.loading import Source
from bench.workloads.requests.given import request_sets
from bench.workloads.requests.request_set import RequestSet
from bench.workloads.requests.unsupported_formats import refuse_foreign
from bench.workloads.token import VARIABLE, bearer_header
from servers import catalogue
from servers.apps.app import App
from servers.apps.settings import (
    AUTH,
    MEMORY,
    STORAGE,
    TRUE,
    AppSettings,
    app_settings,
    secret_digest,
    with_settings,
)
from servers.profile import Interface, Profile
from servers.protocol import Protocol
from servers.readiness import AnswerReadiness
from servers.wait_limit import START_LIMIT_S

SUITE: Final = ROOT / "tests" / "test_items.py"
BASELINES: Final = ("uvicorn", "uvicorn-zttp", "gunicorn-gthread")
"""The first of these that is there is what the others are compared with, over the first of the
protocols that it speaks."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run works with. `suite` is None when the user asked for no gate."""

    profiles: tuple[Profile, ...]
    left_out: tuple[str, ...]  # defaults that cannot run the user's app, with the reason
    app: App
    readiness: AnswerReadiness | None  # None: that of the items app
    suite: Path | None
    baseline: str
    twin: Profile | None  # the baseline once more, for A/A; not among the profiles
    selftest: bool
    settings: RunSettings
    apps: Mapping[str, App] = field(default_factory=dict)  # by profile, where it is not `app`
    suites: Mapping[str, Path] = field(default_factory=dict)  # by profile, where not `suite`
    purpose: Purpose = Purpose.COMPARISON
    start_limit_s: float = START_LIMIT_S  # that a server may take until it answers
    sources: Mapping[str, Source] = field(default_factory=dict)  # of workloads, by label
    notes: tuple[str, ...] = ()  # what is printed before anything is started
    named: frozenset[str] = frozenset()  # profiles that the user has asked for by name
    own_suite: bool = False  # whether the suite is the user's, of an app of theirs

    def app_of(self, profile: Profile) -> App:
        """The app that a profile's server runs."""
        return self.apps.get(profile.name, self.app)

    def suite_of(self, profile: Profile) -> Path | None:
        """The suite that gates a profile's server; None: it is not to be gated."""
        return self.suites.get(profile.name, self.suite)

    @property
    def profiles_and_twin(self) -> tuple[Profile, ...]:
        """All that is measured."""
        return (*self.profiles, *([self.twin] if self.twin else []))


def resolve(options: Options, phase: Callable[[str], None] = lambda _: None) -> RunRequest:
    """Look at every option closely; `phase` is told what takes long.

    Raises UsageError and ProfileError.
    """
    asked = asked_app(options)
    app = asked.app
    settings = app_settings(options.app_settings, own_app=options.own_app)
    chosen, left_out = _profiles(options, app)
    if not options.own_app:
        chosen = tuple(profile.with_adapter for profile in chosen)
    chosen, silent = reached(options, chosen)
    refuse_unrenewable(options, chosen)
    workloads = _workloads(options, phase)
    chosen, mute = with_websockets(options, workloads, chosen)
    chosen, eventless = with_event_streams(options, workloads, chosen)
    _refuse_external(options, settings, chosen)
    _refuse_client(options.client, chosen)
    _refuse_generator_cores(options)
    profiles, bare_out = _with_and_without(options, settings, chosen)
    profiles = catalogue.numbered(profiles)
    borne = bearer_header()
    sources = dict(zip(labels(workloads, options.names), workloads, strict=True))
    if not options.own_app and not borne:
        _refuse_unborne(options, settings, workloads)
    baseline = _baseline(options.baseline, profiles)
    resolved = _settings(options, asked, settings, profiles, sources)
    replays = with_replays(options, sources, resolved, len(profiles) + options.against_itself)
    sources = dict(replays.sources)
    return RunRequest(
        profiles=profiles,
        left_out=left_out + silent + mute + eventless + bare_out,
        app=app,
        readiness=_readiness(options, workloads[0], profiles),
        start_limit_s=options.start_timeout_s or START_LIMIT_S,
        suite=_suite(options.tests),
        baseline=baseline,
        twin=_twin(profiles, baseline) if options.against_itself else None,
        selftest=options.selftest,
        notes=(
            *(() if all(each.external for each in profiles) else asked.notes),
            *_notes_of(sources.values()),
            *other_hosts(sources),
        ),
        named=_named(options, profiles),
        own_suite=options.own_app and options.tests != NO_SUITE,
        settings=replace(resolved, replays=replays.records or None),
        sources=sources,
    )


def _notes_of(sources: Iterable[Source]) -> Iterator[str]:
    """What was noted when the requests of each were read."""
    for each in sources:
        if isinstance(each, RequestSet):
            yield from each.notes


def _settings(
    options: Options,
    asked: AskedApp,
    settings: AppSettings,
    profiles: Sequence[Profile],
    sources: Mapping[str, Source],
) -> RunSettings:
    """What the manifest has of a run, and what its plan is made from. Raises UsageError."""
    return among(
        RunSettings(
            **{**options.given, **_over(options)},
            profiles=tuple(profile.name for profile in profiles),
            workloads=tuple(sources),
            message_workloads=websockets_among(sources) or None,
            timing=_timing(options),
            own_app=asked.record,
            app_setting_digests=settings.digests or None,
            profile_env_digests=_digests(profiles) or None,
        ),
        len(profiles) + options.against_itself,
    )


def _over(options: Options) -> dict[str, Any]:
    """What is settled of protocols: absent, where none was asked for."""
    return {
        "streams": streams(options),
        "protocols": tuple(map(str, asked_protocols(options))) or None,
        "insecure": options.insecure or None,
        "new_connections": options.new_connections or None,
        "resume_tls": options.resume_tls or None,
        "check": _check(options),
    }


def _check(options: Options) -> Check | None:
    """What is demanded of answers, where no workload says it. Raises UsageError."""
    if options.any_requests:
        return options.check or Check.ANSWERS
    if options.check is not None:
        raise UsageError(
            "--check is for --path, --urls, --curl, --openapi, --access-log, --har and "
            "--http-file: a workload has its own checks"
        )
    return None


def _named(options: Options, profiles: Sequence[Profile]) -> frozenset[str]:
    """Who cannot be left out unnoticed: named by --servers or --baseline, or of the user's file."""
    built_in = catalogue.builtin()
    return frozenset(
        each.name
        for each in profiles
        if options.servers is not None
        or options.baseline in {each.name, each.plain_name}
        or each.plain_name not in built_in
    )


def without(wanted: RunRequest, left_out: Mapping[str, str]) -> RunRequest:
    """The same without some profiles, by name with the reason; another baseline if it was one."""
    if not left_out:
        return wanted
    profiles = tuple(each for each in wanted.profiles if each.name not in left_out)
    baseline, twin = wanted.baseline, wanted.twin
    if baseline in left_out:
        baseline = _baseline(None, profiles)
        twin = _twin(profiles, baseline) if twin else None
    elif twin and twin.name in left_out:
        twin = None
    names = tuple(profile.name for profile in profiles)
    settings = among(replace(wanted.settings, profiles=names), len(profiles) + bool(twin))
    return replace(
        wanted,
        profiles=profiles,
        left_out=(*wanted.left_out, *left_out.values()),
        baseline=baseline,
        twin=twin,
        settings=settings,
    )


def _timing(options: Options) -> Timing:
    """Httpx needs longer slices: stock, it answers some hundred requests a second.

    Servers of which one lives at a time cannot be loaded in turns.
    """
    timing = Timing(stage_s=options.stage_s, budget_s=options.budget_s)
    if options.alone:
        timing = replace(timing, most_pieces=1)
    if options.client is Client.WIRE:
        return timing
    return replace(timing, lead_in_s=0.2, window_s=1.0, most_pieces=1, pilot_s=1.0, warm_up_s=1.0)


def among(settings: RunSettings, servers: int) -> RunSettings:
    """The same, with a round's time shared among so many servers. Raises UsageError."""
    timing = _long_enough(settings, servers)
    exposure_s = schedule.exposure_s(
        timing, settings.rounds, servers, len(settings.workloads), alone=settings.alone
    )
    return replace(settings, timing=replace(timing, exposure_s=exposure_s))


def _long_enough(settings: RunSettings, servers: int) -> Timing:
    """Leave the fixed rounds the time that a rotation in each takes. Raises UsageError.

    With a precision they have a part of the budget: more of it, where many servers need that.
    """
    timing, rounds = settings.timing, settings.rounds
    needed_s = ceil(rounds * schedule.shortest_round_s(servers, len(settings.workloads), timing))
    if timing.budget_s < needed_s:
        raise UsageError(
            f"--budget {timing.budget_s:g}s is too short for one rotation of {servers} servers in "
            f"each of {rounds} rounds: give {needed_s}s or more, or fewer --rounds"
        )
    return replace(timing, stage_s=max(timing.stage_s, float(needed_s)))


def _refuse_generator_cores(options: Options) -> None:
    """Every generator needs a connection to send on."""
    if options.generator_cores > options.connections:
        raise UsageError(
            f"--generator-cores {options.generator_cores} cannot share --connections "
            f"{options.connections}: each needs at least one"
        )


def _digests(profiles: Sequence[Profile]) -> dict[str, str]:
    """Digests of the variables that profiles set: their values are not written down."""
    return {
        each.name: secret_digest(json.dumps(sorted(each.env.items())))
        for each in profiles
        if each.env
    }


def _readiness(
    options: Options, workload: Source, profiles: Sequence[Profile]
) -> AnswerReadiness | None:
    """None: what answers is the items app, which has a GET /health that tells more."""
    served_elsewhere = workload not in BUILT_IN and all(each.external for each in profiles)
    if not (options.own_app or options.ready is not None or served_elsewhere):
        return None
    return readiness(workload, options.ready)


def _profiles(options: Options, app: App) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """The servers that were named; else the defaults that can run the app, and the user's own."""
    known = catalogue.known(options.profiles)
    if options.servers is not None:
        chosen = tuple(catalogue.select(options.servers, known))
        for profile in chosen:
            reason = _unable(profile, app, options.workers)
            if reason is not None:
                raise UsageError(f"server '{profile.name}' {reason}, or leave it out")
        return chosen, _unnamed(known, chosen)
    built_in = catalogue.builtin()
    over = asked_protocols(options)
    wanted = [
        profile
        for name, profile in known.items()
        if _by_default(profile, app, over) or profile is not built_in.get(name)
    ]
    reasons = {profile.name: _unable(profile, app, options.workers) for profile in wanted}
    able = tuple(profile for profile in wanted if reasons[profile.name] is None)
    left_out = tuple(f"{name} {reason}" for name, reason in reasons.items() if reason)
    return able, left_out


def _unnamed(known: Mapping[str, Profile], chosen: Sequence[Profile]) -> tuple[str, ...]:
    """The user's own servers that are not among those that were named."""
    built_in, named = catalogue.builtin(), {profile.name for profile in chosen}
    own = (name for name, profile in known.items() if profile is not built_in.get(name))
    return tuple(f"{name}: --servers does not name it" for name in own if name not in named)


def _by_default(profile: Profile, app: App, over: Sequence[Protocol]) -> bool:
    """Whether it is measured when no server is named: an app that is WSGI alone has its own set."""
    if app.asgi is None:
        return profile.wsgi_default
    return profile.default or not set(over).isdisjoint(profile.default_over)


def _refuse_external(options: Options, settings: AppSettings, chosen: Sequence[Profile]) -> None:
    """Refuse settings for a server that was named and that is run externally."""
    external = [profile for profile in chosen if profile.external]
    if settings and external and options.servers is not None:
        raise UsageError(
            f"server '{external[0].name}' is run externally at {external[0].url}, where "
            "--app-setting has no effect: leave one of them out"
        )


def _refuse_client(client: Client, chosen: Sequence[Profile]) -> None:
    """The reference clients ask by plain HTTP over TCP: through a door, they would measure that."""
    if client is Client.WIRE:
        return
    for profile in chosen:
        if profile.on_socket or profile.tls is not None or profile.protocol.has_streams:
            by = f"by {profile.protocol}" if profile.protocol.has_streams else "by TLS"
            kind = "on a unix socket" if profile.on_socket else by
            raise UsageError(
                f"server '{profile.name}' is reached {kind}, and --client {client} supports "
                f"only plain HTTP over TCP: leave out --client, or '{profile.name}'"
            )


def _with_and_without(
    options: Options, settings: AppSettings, chosen: Sequence[Profile]
) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """Each server without the settings and with them, side by side; and who is left out."""
    share = _must_share(options)
    shared = settings.env.get(STORAGE, MEMORY) != MEMORY
    if share and not shared and not all(profile.external for profile in chosen):
        raise UsageError(
            f"--workers {options.workers} of the items app need a shared store: add "
            "--app-setting storage=sqlite:///items.sqlite3"
        )
    if not settings:
        return tuple(chosen), ()
    profiles: list[Profile] = []
    left_out: list[str] = []
    for profile in chosen:
        if profile.external:
            profiles.append(profile)
            left_out.append(f"{profile.name} with settings: it is run externally")
            continue
        if share:
            left_out.append(
                f"{profile.name} without settings: its {options.workers} workers share no store"
            )
        else:
            profiles.append(profile)
        profiles.append(with_settings(profile, settings))
    return tuple(profiles), tuple(left_out)


def _must_share(options: Options) -> bool:
    """Whether the gate asks one worker for what another has stored."""
    return not options.own_app and options.workers > 1 and options.tests != NO_SUITE


def _refuse_unborne(options: Options, settings: AppSettings, workloads: Sequence[Source]) -> None:
    """Refuse auth where something writes, and there is no token to write with."""
    if settings.env.get(AUTH, "").lower() not in TRUE:
        return
    writing = [
        str(each) if isinstance(each, RequestSet) else f"--workload {each}"
        for each in workloads
        if _writes(each)
    ]
    if options.tests != NO_SUITE:
        writing.insert(0, "the gate")
    if writing:
        raise UsageError(
            f"--app-setting auth={settings.env[AUTH]} allows no writes without a token, and "
            f"{' and '.join(writing)} would write: set {VARIABLE} to a token from POST /token, "
            "or only read, with --tests none --workload get_item"
        )


def _writes(workload: Source) -> bool:
    return any(exchange.request.method != "GET" for exchange in tried(workload))


def _unable(profile: Profile, app: App, workers: int) -> str | None:
    """Say why a server cannot take part, and what would help; None when it can."""
    if profile.external:
        return None
    if profile.interface is Interface.WSGI and app.wsgi is None:
        return "runs WSGI apps: name one with --wsgi-app"
    if profile.interface is Interface.ASGI and app.asgi is None:
        return f"runs ASGI apps: name one with --app, or choose WSGI servers ({_wsgi_servers()})"
    if workers > 1 and not profile.scales:
        return f"runs one worker, and {workers} were requested: request 1"
    return None


def _wsgi_servers() -> str:
    return ", ".join(profile.name for profile in catalogue.wsgi_defaults())


def _workloads(options: Options, phase: Callable[[str], None]) -> tuple[Source, ...]:
    """Built-in workloads, absolute paths of the user's, sets of requests; each is tried out."""
    for name in options.workloads:
        refuse_foreign(name)
    names = tuple(
        str(Path(name).resolve()) if name.endswith(".py") else name for name in options.workloads
    )
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"workload '{name}' is named twice in --workload: name each once")
        tried(name)
    return (*names, *request_sets(options, options.seed, phase))


def _suite(tests: str | None) -> Path | None:
    if tests == NO_SUITE:
        return None
    suite = SUITE if tests is None else Path(tests).resolve()
    if not suite.exists():
        raise UsageError(f"--tests '{tests}' does not exist: name a pytest file or folder, or none")
    if tests is not None:
        check_asks(suite)
    return suite


def _baseline(asked: str | None, profiles: Sequence[Profile]) -> str:
    names = [profile.name for profile in profiles]
    first = {profile.plain_name: profile.name for profile in reversed(profiles)}
    if asked is None:
        return next((first[name] for name in BASELINES if name in first), names[0])
    if asked not in names:
        if asked in first:
            return first[asked]
        raise UsageError(
            f"--baseline '{asked}' is not among the servers of this run: {', '.join(names)}"
        )
    return asked


def _twin(profiles: Sequence[Profile], baseline: str) -> Profile:
    (once,) = [profile for profile in profiles if profile.name == baseline]
    twin = catalogue.again(once, [profile.name for profile in profiles])
    return replace(twin, number=len(profiles))
