"""A run's folder as facts: `manifest.json`, written once, and `journal.jsonl`, a line a fact.

Format 5. Each line of the journal is an object with `kind` (gate, launch, rate, slice, drain,
resumption, folder_changes, logged_statuses, request_notes, forecast, end; where clients left
streams: left_streams; where instructions are counted: instructions, count_failure, spending,
kernel_work), the fields of the fact of that kind in `bench.facts`, and at the end `n`, its number,
and `crc`, of all before it; histograms are HdrHistogram V2, base64.
The manifest has a `crc` too. See `bench.facts.checksums`.
`app_digest` came to the manifest later: older ones of format 5 do without.
Format 4, which is read too, had neither `n` nor `crc`, and no `app_commit` in the manifest.
Format 3 knew no exposures: its slices had no role (but `warm_up`), no stalls and no settling, all
of them were cut into pieces, and response times contained the generator's own delays.
Format 2 had no `purpose` and no twins in the manifest, and its slices did not say when they ended.
Format 1, of weighbridge 0.1 before its self-test, had no `instrument` and `selftest` in the
manifest, and slices without connection_wait, client_delay, corrected, network_ns, generator_cpu_ns,
starved_share and preemptions; its send_lag contained the wait for a connection.

Reading forgives a last line that was cut off. Lines that were altered since are left out, and it is
said; of format 4, where that cannot be seen, a line that is not as it must be is an error.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from operator import eq
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from bench.errors import HarnessError, UsageError
from bench.facts.checksums import CRC, checksum, intact, sealed_line
from bench.facts.instructions import CountFailure, InstructionCount, KernelWork, Spending
from bench.facts.load import Load
from bench.facts.run import (
    Facts,
    FolderChanges,
    LoggedStatuses,
    Manifest,
    RequestNotes,
    Resumption,
)
from bench.facts.server import Drain, Gate, Launch
from bench.facts.settings import WHERE_GIVEN, AppSettingsRecord, RunSettings
from bench.facts.slice import Cut, Observation, Slice
from bench.facts.streams import LeftStreams
from bench.stats.histogram import Histogram
from bench.system.files import write_whole

FORMAT_VERSION: Final = 5
_UNSEALED: Final = 4
"""The format without checksums."""
_LONGEST_NS: Final = 10**15
"""Of a window: eleven days, which none reaches."""
MANIFEST: Final = "manifest.json"
JOURNAL: Final = "journal.jsonl"
_OWN_APP: Final = "own_app"
"""Of settings: what is one value in the program and stands beside the others in a manifest."""


@dataclass(frozen=True, slots=True)
class _Rate:
    """What a workload's pilot has found: the offered rate, requests a second, and how to cut."""

    workload: str
    offered_rate: float
    cut: Cut


@dataclass(frozen=True, slots=True)
class _Forecast:
    """A budget, seconds, that was said to be enough for all rounds."""

    enough_s: float


@dataclass(frozen=True, slots=True)
class _End:
    """How the run ended."""

    how: str


_Counts = InstructionCount | CountFailure | Spending | KernelWork
_OfRequests = LoggedStatuses | RequestNotes
_OfServers = Gate | Launch | Drain | LeftStreams
_Written = _OfServers | Slice | Resumption | FolderChanges | _OfRequests | _Counts
_Fact = _Written | _Rate | _Forecast | _End
_KINDS: Final[dict[str, type[_Fact]]] = {
    "gate": Gate, "launch": Launch, "slice": Slice, "drain": Drain, "resumption": Resumption,
    "folder_changes": FolderChanges, "logged_statuses": LoggedStatuses,
    "request_notes": RequestNotes, "rate": _Rate,
    "forecast": _Forecast, "end": _End,
    "instructions": InstructionCount, "count_failure": CountFailure, "spending": Spending,
    "kernel_work": KernelWork, "left_streams": LeftStreams,
}  # fmt: skip

_converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
_NUMBERS: Final = tuple[int, ...], tuple[int | None, ...], tuple[float | None, ...]


def _numbers(values: Any, _: object) -> tuple[Any, ...]:
    """Pieces have many: asked one by one for its type, each would take as long as its slice."""
    found = tuple(values)
    if not all(value is None or isinstance(value, int | float) for value in found):
        raise ValueError("not a list of numbers")
    return found


for _type in _NUMBERS:
    _converter.register_structure_hook_func(partial(eq, _type), _numbers)
_converter.register_unstructure_hook(Histogram, Histogram.encode)
_converter.register_structure_hook(Histogram, lambda text, _: Histogram.decode(text))


def _settings(settings: RunSettings) -> dict[str, Any]:
    """Settings as they are in a manifest: on one level, and optional ones only where given."""
    record = {
        each.name: _converter.unstructure(value)
        for each in fields(settings)
        if (value := getattr(settings, each.name)) is not None or WHERE_GIVEN not in each.metadata
    }
    of_app = record.pop(_OWN_APP, {})
    return record | {name: value for name, value in of_app.items() if value is not None}


def _read_settings(record: Mapping[str, Any], _: object) -> RunSettings:
    """Settings of a manifest; entries that this version does not know are left out."""
    of_app = {each.name for each in fields(AppSettingsRecord)} & record.keys()
    if of_app:
        record = {**record, _OWN_APP: {name: record[name] for name in of_app}}
    return _structure_settings(record, RunSettings)


_lenient = cattrs.Converter(detailed_validation=False)
_structure_settings = make_dict_structure_fn(RunSettings, _lenient)
_converter.register_unstructure_hook(RunSettings, _settings)
_converter.register_structure_hook(RunSettings, _read_settings)


_converter.register_unstructure_hook(
    Load, make_dict_unstructure_fn(Load, _converter, sent=override(omit_if_default=True))
)


class Journal:
    """Appends facts to the journal of a run; each is on disk when `write` returns."""

    def __init__(self, folder: Path) -> None:
        """Open the journal in a folder that exists."""
        path = folder / JOURNAL
        self._lines = path.read_bytes().count(b"\n") if path.exists() else 0
        self._file = path.open("a", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, fact: _Written) -> None:
        """Append one fact."""
        self._append(fact)

    def rate(self, workload: str, offered_rate: float, cut: Cut) -> None:
        """Note what the pilot has found: the offered rate, requests a second, and how to cut."""
        self._append(_Rate(workload, offered_rate, cut))

    def forecast(self, enough_s: float) -> None:
        """Note the budget, seconds, that the run has said is enough for all rounds."""
        self._append(_Forecast(enough_s))

    def end(self, how: str) -> None:
        """Note how the run ended: "finished", "interrupted" or "failed"."""
        self._append(_End(how))

    def _append(self, fact: _Fact) -> None:
        kind = next(name for name, made in _KINDS.items() if isinstance(fact, made))
        record = {"kind": kind, **_converter.unstructure(fact)}
        self._lines += 1
        text = json.dumps(record, separators=(",", ":"), allow_nan=False)
        self._file.write(sealed_line(text, self._lines) + "\n")
        self._file.flush()


def unstructured(seen: Observation) -> dict[str, Any]:
    """What a slice has shown, as in the journal: plain values, histograms encoded."""
    record: dict[str, Any] = _converter.unstructure(seen, Observation)
    return record


def plain(manifest: Manifest) -> dict[str, Any]:
    """A manifest as it is written: plain values."""
    record: dict[str, Any] = _converter.unstructure(manifest, Manifest)
    return record


def drop_torn_line(folder: Path) -> str | None:
    """Cut off a last line of the journal that was not finished; say so in words, if there was one.

    Nothing can be appended to it before.
    """
    path = folder / JOURNAL
    content = path.read_bytes() if path.exists() else b""
    kept = content.rfind(b"\n") + 1
    if kept == len(content):
        return None
    os.truncate(path, kept)
    return "the last line of the journal, which was cut off"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest whole or not at all."""
    content = plain(manifest)
    text = json.dumps({**content, CRC: checksum(content)}, indent=2, allow_nan=False)
    write_whole(folder / MANIFEST, f"{text}\n".encode())


def read(folder: Path) -> Facts:
    """Read all facts of a run.

    Raises UsageError when the folder holds no run, or one of another format, and HarnessError
    when something in it cannot be read; what was altered is left out, and is in the notes.
    """
    facts = _read_manifest(folder)
    try:
        content = (folder / JOURNAL).read_bytes()
    except FileNotFoundError:
        return facts
    except OSError as error:
        raise HarnessError(f"'{folder / JOURNAL}' cannot be read: {error.strerror}") from error
    *complete, rest = content.split(b"\n")
    notes = ["the last line of the journal was cut off and is ignored"] if rest else []
    if facts.manifest.format_version == _UNSEALED:
        lines, altered = dict(enumerate(complete, start=1)), 0
    else:
        found = intact(complete)
        lines, altered = found.lines, found.altered
        if altered:
            notes.append(
                f"{altered} line{'' if altered == 1 else 's'} of the journal, from line "
                f"{found.first} on, not as the run wrote them: left out"
            )
    records = [_parse(folder, number, line) for number, line in lines.items()]
    facts = replace(facts, notes=(*facts.notes, *notes), altered=altered)
    return _gather(facts, records)


def _read_manifest(folder: Path) -> Facts:
    """The manifest, with a note where it was altered, and nothing else yet."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"'{folder}' holds no run: it has no {MANIFEST}; name a folder below results/"
        ) from error
    except (OSError, ValueError) as error:
        raise HarnessError(f"'{path}' cannot be read: {error}") from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version not in {FORMAT_VERSION, _UNSEALED} or isinstance(version, float):
        raise UsageError(
            f"'{folder}' was written in format {version}, and this program reads formats "
            f"{_UNSEALED} and {FORMAT_VERSION}: read it with the version of Weighbridge that wrote "
            "it"
        )
    is_altered = version != _UNSEALED and content.get(CRC) != checksum(content)
    content.pop(CRC, None)
    notes = (f"{MANIFEST} is not as the run wrote it",) if is_altered else ()
    try:
        return Facts(_converter.structure(content, Manifest), notes=notes)
    except Exception as error:
        raise HarnessError(f"'{path}' is damaged: {_reason(error)}") from error


def _parse(folder: Path, number: int, line: bytes) -> _Fact:
    """Read one line of the journal."""
    try:
        record = json.loads(line)
        return _possible(_converter.structure(record, _KINDS[record.pop("kind")]))
    except Exception as error:
        raise HarnessError(
            f"line {number} of '{folder / JOURNAL}' is damaged ({_reason(error)}): restore the "
            "file, or start a new run"
        ) from error


def _possible(fact: _Fact) -> _Fact:
    """The fact; raises ValueError where no figure can be made of it."""
    if isinstance(fact, Slice) and not 0 < fact.window_ns < _LONGEST_NS:
        raise ValueError(f"a window of {fact.window_ns} ns")
    return fact


def _reason(error: BaseException) -> str:
    """Name an error's innermost cause in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}".split(os.linesep, 1)[0]


def _gather(facts: Facts, found: list[_Fact]) -> Facts:
    """Sort what the journal's lines hold into the facts."""
    endings = [fact.how for fact in found if isinstance(fact, _End)]
    enough = [fact.enough_s for fact in found if isinstance(fact, _Forecast)]
    return replace(
        facts,
        gates=tuple(fact for fact in found if isinstance(fact, Gate)),
        launches=tuple(fact for fact in found if isinstance(fact, Launch)),
        drains=tuple(fact for fact in found if isinstance(fact, Drain)),
        slices=tuple(fact for fact in found if isinstance(fact, Slice)),
        resumptions=tuple(fact for fact in found if isinstance(fact, Resumption)),
        folder_changes=tuple(fact for fact in found if isinstance(fact, FolderChanges)),
        logged_statuses=tuple(fact for fact in found if isinstance(fact, LoggedStatuses)),
        request_notes=tuple(fact for fact in found if isinstance(fact, RequestNotes)),
        counts=tuple(fact for fact in found if isinstance(fact, InstructionCount)),
        count_failures=tuple(fact for fact in found if isinstance(fact, CountFailure)),
        spendings=tuple(fact for fact in found if isinstance(fact, Spending)),
        kernel_works=tuple(fact for fact in found if isinstance(fact, KernelWork)),
        left_streams=tuple(fact for fact in found if isinstance(fact, LeftStreams)),
        rates={fact.workload: fact.offered_rate for fact in found if isinstance(fact, _Rate)},
        cuts={fact.workload: fact.cut for fact in found if isinstance(fact, _Rate)},
        enough_s=enough[-1] if enough else None,
        ending=endings[-1] if endings else None,
    )
