"""What a figure depends on beside the server: must agree before two runs are compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bench.facts.run import Machine, Manifest
from bench.facts.server import ServerFacts
from bench.facts.settings import AppSettingsRecord
from bench.formatting import listing, number

Conditions: TypeAlias = Mapping[str, str]
"""What was the case in a run, in words, by name."""

UNKNOWN: Final = "unknown"
NONE: Final = "none"
ABSENT: Final = "absent"
ALL: Final = "all servers"
_STREAMS: Final = "streams on a connection"
SAME_RATE: Final = 0.02  # offered rates closer than this share are the same load
_LOAD: Final = {
    "connections": "connections",
    "arrivals": "arrivals",
    "workers": "workers",
    "client": "client",
    "generator_cores": "generator cores",
}
_TIMING: Final = {
    "lead_in_s": "lead-in, s",
    "window_s": "window, s",
    "warm_up_s": "warm-up, s",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was not the case in both runs, as it was in each."""

    name: str
    a: str
    b: str

    def __str__(self) -> str:
        return f"{self.name}: {self.a} / {self.b}"


def same_rate(a: float | None, b: float | None) -> bool:
    """Whether two offered rates are near enough for response times to be compared."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= SAME_RATE * min(a, b)


def conditions(manifest: Manifest) -> dict[str, str]:
    """What must agree: machine, app, load and timing, and what the user's workloads contain.

    Memory counts to three digits: a kernel keeps some of it to itself, never quite the same.
    Offered rates are compared load by load, for `auto` may have found two of them.
    """
    settings = manifest.settings
    return {
        **_machine(manifest.machine),
        "app": manifest.app,
        **{name: _word(getattr(settings, key)) for key, name in _LOAD.items()},
        "a new connection for each request": _yes_or_no(bool(settings.new_connections)),
        "TLS sessions resumed": _yes_or_no(bool(settings.resume_tls)),
        _STREAMS: NONE if settings.streams is None else str(settings.streams),
        **{name: _word(getattr(settings.timing, key)) for key, name in _TIMING.items()},
        **{
            f"replayed log of {label}": f"{each.log} from {each.began} at speed {each.speed:g}, "
            f"{each.window_s:g} s"
            for label, each in (settings.replays or {}).items()
        },
        **{
            f"contents of workload {label}": digest
            for label, digest in (settings.workload_files or {}).items()
        },
    }


def must_agree(a: Manifest, b: Manifest) -> list[Difference]:
    """Name whatever keeps the figures of two runs from being compared at all."""
    found = [each for each in differing(conditions(a), conditions(b)) if not _without_streams(each)]
    workloads = (_word(one.settings.workloads) for one in (a, b))
    found += _differing("workloads", *workloads)
    rates = a.settings.rate, b.settings.rate
    if None not in rates and not same_rate(*rates):
        found += _differing("offered rate", *map(_word, rates))
    return found + list(_app_settings(a, b))


def may_differ(a: Manifest, b: Manifest) -> list[Difference]:
    """Name what else was not the same: what is put to the test, and how long it was."""
    return [
        *differing(_circumstances(a), _circumstances(b)),
        *_versions(a, b),
        *_launch_lines(a, b),
    ]


def differing(a: Conditions, b: Conditions) -> list[Difference]:
    """Name what is not the same, in the order of the first."""
    return [
        each
        for name in dict.fromkeys([*a, *b])
        for each in _differing(name, a.get(name, UNKNOWN), b.get(name, UNKNOWN))
    ]


def same_server(a: ServerFacts, b: ServerFacts) -> bool:
    """Whether the same versions ran in the same way."""
    return (a.packages, a.argv, a.settings, a.url) == (b.packages, b.argv, b.settings, b.url)


def _without_streams(found: Difference) -> bool:
    """Whether one of two runs has no cell that the number of streams would matter to."""
    return found.name == _STREAMS and NONE in {found.a, found.b}


def _yes_or_no(is_so: bool) -> str:  # noqa: FBT001 - it is what is named
    return "yes" if is_so else "no"


def _differing(name: str, a: str, b: str) -> list[Difference]:
    return [] if a == b else [Difference(name, a, b)]


def _machine(machine: Machine) -> dict[str, str]:
    return {
        "CPU": machine.cpu,
        "cores": str(machine.cores),
        "memory": f"{number(machine.memory_bytes / 2**30)} GiB",
        "kernel": machine.kernel,
        "hypervisor": machine.virtual or NONE,
        "Python": machine.python,
        "cores of the servers": _cores(machine.server_cores),
        "cores of the generator": _cores(machine.generator_cores),
    }


def _cores(cores: Sequence[int]) -> str:
    return ", ".join(map(str, cores)) or "not pinned"


def _circumstances(manifest: Manifest) -> dict[str, str]:
    settings, own = manifest.settings, manifest.settings.own_app
    return {
        "purpose": str(manifest.purpose),
        "commit of the app": manifest.app_commit or UNKNOWN,
        "commit of weighbridge": manifest.commit or UNKNOWN,
        "weighbridge": manifest.weighbridge,
        "gate": manifest.tests,
        "seed": str(manifest.seed),
        "pacing": str(manifest.instrument.pacing),
        "servers started in": _word(own.started_in if own else None),
        "environment variables of the app": _variables(own or AppSettingsRecord()),
        "one server at a time": _yes_or_no(settings.alone),
        "rounds": _word(settings.rounds),
        "budget, s": _word(settings.timing.budget_s),
        "requested precision": _word(settings.precision),
        "requested rate": "auto" if settings.rate is None else _word(settings.rate),
    }


def _variables(own: AppSettingsRecord) -> str:
    """Variables that the app was given; of those in files, whether they are the same."""
    given = [_pairs(own.app_env)] if own.app_env else []
    files = own.env_files or ()
    given += [f"{', '.join(file['variables'])} ({file['digest']})" for file in files]
    return ", ".join(given) or NONE


def _common(a: Manifest, b: Manifest) -> Iterator[tuple[ServerFacts, ServerFacts]]:
    theirs = {server.name: server for server in b.servers}
    return ((one, theirs[one.name]) for one in a.servers if one.name in theirs)


def _app_settings(a: Manifest, b: Manifest) -> Iterator[Difference]:
    for one, other in _common(a, b):
        yield from _differing(
            f"settings of the app under {one.name}", _pairs(one.settings), _pairs(other.settings)
        )


def _pairs(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(settings.items())) or NONE


def _versions(a: Manifest, b: Manifest) -> Iterator[Difference]:
    """A line a package; the servers that it is not the same for are named, unless it is all."""
    common = list(_common(a, b))
    found: dict[tuple[str, str, str], list[str]] = {}
    for one, other in common:
        for package in sorted(one.packages.keys() | other.packages.keys()):
            versions = (one.packages.get(package, ABSENT), other.packages.get(package, ABSENT))
            if versions[0] != versions[1]:
                found.setdefault((package, *versions), []).append(one.name)
    for (package, before, after), names in sorted(found.items()):
        where = ALL if len(names) == len(common) > 1 else listing(names)
        yield Difference(f"{package} ({where})", before, after)


def _launch_lines(a: Manifest, b: Manifest) -> Iterator[Difference]:
    for one, other in _common(a, b):
        lines = [" ".join(each.argv) or each.url or NONE for each in (one, other)]
        yield from _differing(f"launch line of {one.name}", *lines)


def _word(value: Any) -> str:
    """A setting as a reader would write it."""
    if value is None:
        return UNKNOWN
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return ", ".join(map(str, value))
