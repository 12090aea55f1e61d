"""The circumstances of a run, line by line: machine, instrument, settings, and how to repeat it."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bench.analysis.model import AgreedTls, Summary
from bench.analysis.note import NeverIdle, Note, Unfinished
from bench.facts.load import Mode, Sent
from bench.facts.run import Instrument, Machine, Manifest
from bench.facts.server import ServerFacts
from bench.facts.settings import AppSettingsRecord, Check, RunSettings
from bench.facts.slice import Cut, Role, Whole
from bench.formatting import listing, number, plural, worded
from bench.messages import replayed_part
from bench.system.program import NAME, call

_PLACES: Final = {
    "project": "the app's folder",
    "copy": "a fresh copy of the app's folder each",
    "empty": "a fresh, empty folder each",
}
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_CHOSEN: Final = {
    "python": "python",
    "bin": ".",
    "host": "127.0.0.1",
    "port": "8000",
    "cwd": ".",
    "socket": "server.sock",
    "certfile": "cert.pem",
    "keyfile": "key.pem",
    "n": "0",
    "free_port": "9000",
}
_WHOLE: Final = {
    Whole.AWAITING: (
        ", because most servers spend most of a request's time waiting (for a database, another "
        "service, a timer, or a core that is taken) rather than working"
    ),
    Whole.LONG: ", because requests take too long",
    Whole.UNKNOWN: ", because the pilot did not show how long requests take",
    None: "",  # recorded by a version that did not say
}
_STAMPED: Final = (
    "of every response in open loop, of those on one connection in eight in closed loop"
)


def circumstances(summary: Summary) -> list[str]:
    """All of them, each "name: what it was"."""
    manifest = summary.manifest
    return [
        *_machine(manifest.machine),
        *_instrument(manifest.instrument),
        *_run(summary),
        *(
            line
            for workload, cut in summary.cuts.items()
            for line in _slices(workload, cut, summary)
        ),
    ]


def again(manifest: Manifest) -> str:
    """The command that repeats the run: with the seed that was drawn, into a folder of its own."""
    words = list(manifest.command)
    while "--out" in words:
        place = words.index("--out")
        del words[place : place + 2]
    words = [word for word in words if not word.startswith("--out=")]
    if not any(word.split("=")[0] == "--seed" for word in words):
        words += ["--seed", str(manifest.seed)]
    program, *rest = words
    return call(*rest) if program == NAME else shlex.join(words)


def _machine(machine: Machine) -> Iterator[str]:
    memory = f"{number(machine.memory_bytes / 2**30)} GiB"
    yield f"machine: {machine.cpu}, {plural(machine.cores, 'core')}, {memory}"
    yield f"hypervisor: {machine.virtual or 'none known'}"
    yield f"system: {machine.kernel}, Python {machine.python}"
    yield f"cores of the servers: {_cores(machine.server_cores)}"
    yield f"cores of the generator: {_cores(machine.generator_cores)}"


def _instrument(instrument: Instrument) -> Iterator[str]:
    yield f"pacing: {instrument.pacing} ({instrument.pacing_reason})"
    stamped = _STAMPED if instrument.kernel_timestamps else "none"
    yield f"kernel timestamps of responses: {stamped}"


def _run(summary: Summary) -> Iterator[str]:
    manifest = summary.manifest
    yield f"app: {manifest.app}{at_commit(manifest.app_commit)}"
    if manifest.settings.own_app is not None:
        yield from _app(manifest.settings.own_app)
    yield f"gate: {manifest.tests}"
    yield from _needs(manifest)
    yield f"started: {manifest.started_at}, by {measured_by(manifest)}"
    replays = manifest.settings.replays or {}
    drawn = [] if set(manifest.settings.workloads) <= set(replays) else ["arrivals"]
    known = ("client", "connections", "workers", *drawn)
    yield "; ".join(f"{name}: {getattr(manifest.settings, name)}" for name in known)
    for workload, record in replays.items():
        log = f"{record.log} ({record.form})"
        yield f"arrivals of {workload}: those of {log}; {replayed_part(record)}"
    yield from _tls(summary)
    yield f"rounds: {summary.rounds}; seed: {manifest.seed}"
    if summary.under_load is not None:
        yield f"measured windows: {summary.under_load:.0%} of the run's time"


def _tls(summary: Summary) -> Iterator[str]:
    """What TLS servers spoke, and how requests shared connections."""
    settings = summary.manifest.settings
    if settings.streams is not None:
        yield (
            f"streams: {settings.streams} requests in flight on each connection over HTTP/2 and "
            "HTTP/3, as many in all as over the other protocols"
        )
    if settings.new_connections:
        yield _renewed(settings)
    for agreed in summary.tls:
        yield (
            f"TLS: {agreed.version}, {agreed.cipher}, sessions {_sessions(agreed, settings)} "
            f"({listing(agreed.servers)})"
        )
    if settings.insecure:
        yield "certificates of servers at https:// URLs: not verified (--insecure)"
    if settings.check is not None:
        yield _demanded(settings.check, summary.manifest.baseline)


def _renewed(settings: RunSettings) -> str:
    """How connections were opened and closed."""
    return (
        f"new connections: one for each request, {settings.connections} at once at the most, "
        "closed by the client once the response is read (FIN, no RST; no close_notify of TLS)"
    )


def _sessions(agreed: AgreedTls, settings: RunSettings) -> str:
    """Whether handshakes were those of earlier sessions."""
    if settings.resume_tls:
        return "resumed where the server let them (see New connections)"
    return "resumed" if agreed.resumed else "not resumed"


def _demanded(check: Check, baseline: str) -> str:
    """What right answers are, where no workload says it."""
    if check is Check.ANSWERS:
        return (
            f"right answers: those that {baseline} gave before the load, but for what varied "
            "between them (recorded_answers.json)"
        )
    return (
        f"right answers: any with the status that {baseline} gave before the load (--check status)"
    )


def measured_by(manifest: Manifest) -> str:
    """The version of this program, and its commit."""
    return f"weighbridge {manifest.weighbridge}{at_commit(manifest.commit)}"


def at_commit(commit: str | None) -> str:
    """Name a commit, where it is known, behind what it is of."""
    return f" at commit {commit}" if commit else ""


def _app(own: AppSettingsRecord) -> Iterator[str]:
    """Where servers of a user's app started, and which variables they were given."""
    place = _PLACES.get(own.started_in or "")
    if place is not None:
        yield f"servers started in: {place}"
    given = [f"{name}={value}" for name, value in (own.app_env or {}).items()]
    given += [
        f"{', '.join(file['variables'])} (from {file['name']})" for file in own.env_files or ()
    ]
    if given:
        yield f"environment variables of the app: {', '.join(given)}"


def _needs(manifest: Manifest) -> Iterator[str]:
    """What the app was given to stand on, and what that did to the servers."""
    own = manifest.settings.own_app
    needs = own.requirements if own else None
    if needs is not None:
        how = "as given" if needs["named"] else "as found"
        yield f"requirements of the app: {needs['file'] or 'none'} ({how})"
    for server in manifest.servers:
        if server.yielded and server.twin_of is None:
            yield f"versions under {server.name}: {'; '.join(server.yielded)}"
    yield from (f"left out: {why}" for why in manifest.settings.left_out or ())


def _slices(workload: str, cut: Cut, summary: Summary) -> Iterator[str]:
    """What was read from which load, and how long it lasted."""
    replay = "" if cut.replayed_s is None else f", {cut.replayed_s:g} s of the replay,"
    yield (
        f"exposures of {workload}: {cut.exposure_s:g} s each{replay} without a break, after a "
        f"lead-in of {cut.lead_in_s:g} s, waiting up to {cut.drain_s:g} s for responses; averages, "
        "percentiles, throughput and stalls come from these"
    )
    if summary.manifest.settings.alone:
        yield f"comparisons of {workload}: by exposures, because one server ran at a time"
        return
    sent = summary.manifest.settings.sent_by(workload)
    yield (
        f"comparisons of {workload}: slices of {cut.window_s:g} s, {_pieces(cut, sent)}; "
        f"{_ranked_by(workload, cut, summary)}"
    )


def _ranked_by(workload: str, cut: Cut, summary: Summary) -> str:
    """Say what ratios and ranks come from, and why not from pieces."""
    sections = [one for one in summary.sections if one.workload == workload]
    if not any(cut.in_pieces(mode) for mode in cut.pieces):
        return "ratios and ranks come from exposures"
    if not sections or any(one.compared_by is Role.COMPARISON for one in sections):
        return "ratios and ranks come from these, unless a table says otherwise"
    return f"ratios and ranks come from exposures, because {_without_pieces(summary.notes)}"


def _without_pieces(notes: Sequence[Note]) -> str:
    """Say why no pieces were measured, or too few."""
    if any(isinstance(note, Unfinished) for note in notes):
        return "the run ended before any piece was measured"
    if any(isinstance(note, NeverIdle) for note in notes):
        return "servers that never rest cannot take turns"
    return "the budget had too little time for pieces"


def _pieces(cut: Cut, sent: Sent) -> str:
    if not any(cut.in_pieces(mode) for mode in cut.pieces):
        return f"not cut{worded(_WHOLE[cut.whole], sent)}"
    found = [
        f"{_span(each.values())} in {mode} loop"
        for mode, each in cut.pieces.items()
        if cut.replayed_s is None or mode is Mode.CLOSED
    ]
    return f"cut into pieces that servers run in turn: {', '.join(found)}"


def _span(numbers: Iterable[int]) -> str:
    low, high = min(found := list(numbers)), max(found)
    return str(low) if low == high else f"{low} to {high}"


def _cores(cores: Sequence[int]) -> str:
    return ", ".join(map(str, cores)) or "not pinned"


def launch_lines(manifest: Manifest) -> str:
    """The line of each server below its name, as a shell reads them."""
    return "\n".join(
        f"# {server.name}\n{launch_line(server, manifest)}" for server in manifest.servers
    )


def launch_line(server: ServerFacts, manifest: Manifest) -> str:
    """A line that starts a server as it was, or the address of one that is run externally.

    What was another for each start, as ports and folders, is what a person would choose.
    """
    if server.url is not None:
        return server.url
    values = {
        **_CHOSEN,
        "app": server.target or manifest.app,
        "workers": str(manifest.settings.workers),
        "dir": server.directory or ".",
    }
    words = (argument.replace("{bin}/", "") for argument in server.argv)
    line = shlex.join(_PLACEHOLDER.sub(lambda at: values.get(at[1], at[0]), word) for word in words)
    return " ".join((*_variables(server, manifest), *line.split("\n")))


def _variables(server: ServerFacts, manifest: Manifest) -> Iterator[str]:
    """What the app is given before its server's line, as far as it may be written down."""
    own = manifest.settings.own_app
    for name, value in ((own.app_env if own else None) or {}).items():
        yield f"{name}={shlex.quote(value)}"
    for name, value in server.settings.items():
        yield f"{name if own else f'ITEMS_{name.upper()}'}={shlex.quote(value)}"
