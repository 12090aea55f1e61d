"""Facts to disk and back, and what a damaged folder gets."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import HarnessError, UsageError
from bench.facts.journal import FORMAT_VERSION, JOURNAL, MANIFEST, Journal, read, write_manifest
from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.run import FolderChanges, Instrument, Machine, Manifest, Pacing, Purpose
from bench.facts.selftest import Claim, ErrorBudget, Finding, SelfTest
from bench.facts.server import Drain, Gate, GateTest, Launch, ServerFacts
from bench.facts.settings import AppSettingsRecord, RunSettings, SidesRecord, Timing
from bench.facts.slice import Cut, Doubt, DoubtKind, Outcome, Pieces, Role, Slice, Stalls, Verdict
from bench.facts.streams import EventFault, EventStreams
from bench.stats.histogram import Histogram
from tests.build.old_format import as_format_4

MANIFEST_FACTS = Manifest(
    format_version=FORMAT_VERSION,
    purpose=Purpose.COMPARISON,
    weighbridge="0.1.0",
    started_at="2026-01-02T03:04:05.678+00:00",
    seed=7,
    command=("python", "-m", "bench", "run"),
    settings=RunSettings(
        profiles=("uvicorn", "mine"),
        workloads=("get_item",),
        seed=7,
        timing=Timing(window_s=0.4),
        own_app=AppSettingsRecord(
            started_in="copy",
            env_files=({"name": ".env", "variables": ["A"], "digest": "0a1b"},),
            requirements={"file": None, "named": True},
        ),
        left_out=("waitress runs WSGI apps",),
        regression=SidesRecord("main", ".", 0.05),
    ),
    machine=Machine("a CPU", 2, 2**32, "Linux 6.1", "CPython 3.11.7", None, (0,), (1,)),
    servers=(
        ServerFacts("uvicorn", "Uvicorn", "asgi", ("{python}", "-m"), {"uvicorn": "0.1"}),
        ServerFacts("mine", "Mine", "asgi", (), {}, url="http://127.0.0.1:8000"),
    ),
    app="app.main:app",
    tests="none",
    commit=None,
    baseline="uvicorn",
    instrument=Instrument(Pacing.SPIN, "it is spare", kernel_timestamps=True, cores=2),
    selftest=SelfTest(
        "short",
        "2026-01-02T03:04:05.678+00:00",
        8.5,
        (Claim("a queue", "error", "100 us", "\u00b5", Finding.NOTED),),
        None,
        32,
        ErrorBudget(p50_ns=19_456.5, experiments=2),
    ),
)
GATE = Gate("uvicorn", (GateTest("test_one", passed=True), GateTest("test_two", False, "no")))
LAUNCH = Launch("uvicorn", 1, 123_456_789, (10, 11), None)
CHANGES = FolderChanges("shop", ("shop.db",), 2)
DRAIN = Drain("uvicorn", 1, 5_000_000, killed=True, failure="it died \u2603")
OPEN_SLICE = Slice(
    cell=Cell("uvicorn", "get_item", Load(Mode.OPEN, 32, 2000.0, Arrivals.POISSON)),
    round=1,
    rotation=2,
    position=3,
    role=Role.COMPARISON,
    ended_s=0.0,
    started_at="2026-01-02T03:04:06.000+00:00",
    window_ns=400_000_000,
    outcomes={Outcome.OK: 3, Outcome.RESET: 1},
    answered_in_window=3,
    in_flight_mean=1.25,
    connection_wait=Histogram.of(np.array([0, 0, 3])),
    client_delay=Histogram.of(np.array([40_000])),
    raw=Histogram.of(np.array([1_000_000])),
    corrected=None,
    stalls=Stalls(2, 90_000_000, 70_000_000),
    waiting_at_start=4,
    waiting_at_end=9,
    settling_ns=7_000_000,
    settled=False,
    processes_changed=3,
    network_ns=5_000,
    generator_cpu_ns=77,
    starved_share=0.5,
    preemptions=9,
    response=Histogram.of(np.array([1, 1_000_000, 59_000_000_000])),
    service=Histogram.of(np.array([5, 6, 7])),
    send_lag=Histogram.empty(),
    cpu_ns=1_000,
    cpu_requests=4,
    connections_opened=1,
    connections_lost=2,
    generator_cpu_share=0.25,
    stolen_share=0.01,
    collections=0,
    errors=("reset: by \u00fc",),
    pieces=Pieces(200_000_000, (2, 1), (1.5, None), (1.0, None), (500, None), (3, 1)),
    doubts=(Doubt(DoubtKind.WRONG_RESPONSES, 0.25, fatal=True), Doubt(DoubtKind.ONE_CORE, 1.0)),
    verdict=Verdict.INVALID,
)
CUT = Cut(
    window_s=0.2,
    pieces={Mode.OPEN: {"uvicorn": 16}, Mode.CLOSED: {"uvicorn": 8}},
    exposure_s=1.6,
    lead_in_s=0.15,
    drain_s=5.0,
)
CLOSED_SLICE = Slice(
    cell=Cell("uvicorn", "get_item", Load(Mode.CLOSED, 32)),
    round=1,
    rotation=0,
    position=0,
    role=Role.WARM_UP,
    ended_s=0.0,
    started_at="2026-01-02T03:04:07.000+00:00",
    window_ns=400_000_000,
    outcomes={},
    answered_in_window=0,
    in_flight_mean=0.0,
    connection_wait=None,
    client_delay=None,
    raw=None,
    corrected=Histogram.of(np.array([960_000])),
    stalls=Stalls(0, 0, 0),
    waiting_at_start=0,
    waiting_at_end=0,
    settling_ns=None,
    settled=True,
    processes_changed=0,
    network_ns=None,
    generator_cpu_ns=0,
    starved_share=None,
    preemptions=0,
    response=None,
    service=Histogram.empty(),
    send_lag=None,
    cpu_ns=None,
    cpu_requests=0,
    connections_opened=0,
    connections_lost=0,
    generator_cpu_share=0.0,
    stolen_share=None,
    collections=0,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run in which every kind of fact was written."""
    write_manifest(tmp_path, MANIFEST_FACTS)
    with Journal(tmp_path) as journal:
        for fact in (GATE, LAUNCH, OPEN_SLICE, CLOSED_SLICE, DRAIN, CHANGES):
            journal.write(fact)
        journal.rate("get_item", 2000.0, CUT)
        journal.end("finished")
    return tmp_path


def comparable(found: Slice) -> dict[str, object]:
    """All of a slice; histograms by their counts."""
    values = {each.name: getattr(found, each.name) for each in fields(found)}
    return {
        name: value.counts.tolist() if isinstance(value, Histogram) else value
        for name, value in values.items()
    }


def test_a_budget_that_was_said_to_be_enough_comes_back(folder: Path) -> None:
    """None where none was said."""
    assert read(folder).enough_s is None
    with Journal(folder) as journal:
        journal.forecast(240.0)
    assert read(folder).enough_s == 240.0


def test_every_fact_comes_back_as_it_was_written(folder: Path) -> None:
    """What is absent stays absent; figures are the same to the last digit."""
    facts = read(folder)
    assert facts.manifest == MANIFEST_FACTS
    assert facts.gates == (GATE,)
    assert facts.launches == (LAUNCH,)
    assert facts.drains == (DRAIN,)
    assert facts.folder_changes == (CHANGES,)
    assert facts.rates == {"get_item": 2000.0}
    assert facts.cuts == {"get_item": CUT}
    assert facts.ending == "finished"
    assert facts.notes == ()
    assert [one.role for one in facts.slices] == [Role.COMPARISON, Role.WARM_UP]
    assert [comparable(s) for s in facts.slices] == [
        comparable(s) for s in (OPEN_SLICE, CLOSED_SLICE)
    ]


def test_streams_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Histograms and faults; a slice without any has none."""
    heard = EventStreams(
        streams=1,
        events=2,
        first_byte=OPEN_SLICE.service,
        gap=OPEN_SLICE.service,
        duration=OPEN_SLICE.service,
        plain=None,
        events_in_window=2,
        held_mean=0.5,
        faults={EventFault.MISSING: 1},
    )
    write_manifest(tmp_path, MANIFEST_FACTS)
    with Journal(tmp_path) as journal:
        journal.write(replace(OPEN_SLICE, streams=heard))
    (found,) = read(tmp_path).slices
    assert found.streams is not None
    assert found.streams.gap.counts.tolist() == heard.gap.counts.tolist()
    assert (found.streams.faults, found.streams.plain) == (heard.faults, None)
    assert OPEN_SLICE.streams is None


def test_a_fact_is_on_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    """One line each, readable while the run goes on."""
    write_manifest(tmp_path, MANIFEST_FACTS)
    with Journal(tmp_path) as journal:
        for lines in (1, 2, 3):
            journal.write(LAUNCH)
            assert len((tmp_path / JOURNAL).read_text(encoding="utf-8").splitlines()) == lines
            assert len(read(tmp_path).launches) == lines


def test_a_run_that_was_cut_off_has_no_ending(tmp_path: Path) -> None:
    """Also one whose journal was not begun."""
    write_manifest(tmp_path, MANIFEST_FACTS)
    facts = read(tmp_path)
    assert (facts.ending, facts.slices) == (None, ())


@pytest.mark.parametrize("cut", [1, 2, 10, 40])
def test_a_last_line_that_was_cut_off_is_left_out_and_said(folder: Path, cut: int) -> None:
    """All before it is read; a killed run still has its report."""
    path = folder / JOURNAL
    path.write_bytes(path.read_bytes()[:-cut])
    facts = read(folder)
    assert facts.notes == ("the last line of the journal was cut off and is ignored",)
    assert facts.ending is None
    assert len(facts.slices) == 2


def test_a_last_line_may_be_cut_within_a_character(folder: Path) -> None:
    """Half of a letter is no damage elsewhere."""
    with (folder / JOURNAL).open("ab") as journal:
        journal.write('{"kind":"drain","failure":"\u2603'.encode()[:-1])
    assert len(read(folder).notes) == 1


DAMAGES: dict[str, Callable[[str], str]] = {
    "no JSON": lambda line: line[:-5],
    "empty": lambda _: "",
    "another type": lambda _: "[1, 2]",
    "no kind": lambda _: '{"profile": "uvicorn"}',
    "unknown kind": lambda line: line.replace('"kind":"slice"', '"kind":"slise"'),
    "unknown field": lambda line: line.replace("window_ns", "window_ms"),
    "wrong type": lambda line: line.replace('"window_ns":400000000', '"window_ns":"long"'),
    "unknown outcome": lambda line: line.replace('"ok":3', '"okay":3'),
    "damaged histogram": lambda line: line.replace('"service":"HIST', '"service":"HISS'),
    "no window": lambda line: line.replace('"window_ns":400000000', '"window_ns":0'),
    "rate without a workload": lambda _: '{"kind":"rate","offered_rate":5.0}',
    "end without a word": lambda _: '{"kind":"end"}',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_line_of_format_4_is_named(folder: Path, damage: Callable[[str], str]) -> None:
    """Without checksums nothing is guessed: the line's number, what is wrong, what to do."""
    path = as_format_4(folder) / JOURNAL
    lines = path.read_text(encoding="utf-8").split("\n")
    assert damage(lines[2]) != lines[2]
    lines[2] = damage(lines[2])
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(HarnessError) as refused:
        read(folder)
    message = str(refused.value)
    assert message.startswith(f"line 3 of '{path}' is damaged (")
    assert message.endswith("restore the file, or start a new run")
    assert "\n" not in message


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_line_that_was_altered_is_left_out_and_said(
    folder: Path, damage: Callable[[str], str]
) -> None:
    """All others are facts as before."""
    path = folder / JOURNAL
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[2] = damage(lines[2])
    path.write_text("\n".join(lines), encoding="utf-8")
    facts = read(folder)
    assert facts.notes == (
        "1 line of the journal, from line 3 on, not as the run wrote them: left out",
    )
    assert facts.altered == 1
    assert [one.role for one in facts.slices] == [Role.WARM_UP]
    assert facts.ending == "finished"


def reordered(lines: list[str]) -> list[str]:
    """Two lines in each other's place."""
    return [lines[1], lines[0], *lines[2:]]


def doubled(lines: list[str]) -> list[str]:
    """A line that is there twice."""
    return [*lines[:3], lines[2], *lines[3:]]


def removed(lines: list[str]) -> list[str]:
    """A line less."""
    return [*lines[:3], *lines[4:]]


def added(lines: list[str]) -> list[str]:
    """A line that no run wrote, with the checksum of another."""
    return [lines[0].replace("test_one", "test_uno"), *lines]


@pytest.mark.parametrize(
    ("change", "first", "kept"),
    [(reordered, 1, 7), (doubled, 4, 8), (removed, 4, 7), (added, 1, 8)],
)
def test_lines_that_were_moved_added_or_taken_away_are_said(
    folder: Path, change: Callable[[list[str]], list[str]], first: int, kept: int
) -> None:
    """Each line knows its number."""
    path = folder / JOURNAL
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    facts = read(folder)
    assert (facts.altered, f"from line {first} on" in facts.notes[0]) == (1, True)
    found = [facts.gates, facts.launches, facts.slices, facts.drains, facts.folder_changes]
    assert sum(map(len, found)) + len(facts.rates) + (facts.ending is not None) == kept


def test_a_manifest_that_was_altered_is_said(folder: Path) -> None:
    """However it is laid out, it is the same as long as its values are."""
    path = folder / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read(folder).notes == ()
    path.write_text(json.dumps({**content, "seed": 8}), encoding="utf-8")
    assert read(folder).notes == ("manifest.json is not as the run wrote it",)


def test_format_4_is_read_as_it_was(folder: Path) -> None:
    """The same facts, but for what it did not record."""
    now, then = read(folder), read(as_format_4(folder))
    assert then.manifest == replace(now.manifest, format_version=4)
    assert [comparable(one) for one in then.slices] == [comparable(one) for one in now.slices]
    assert (then.gates, then.launches, then.drains) == (now.gates, now.launches, now.drains)
    assert (then.cuts, then.ending, then.notes) == (now.cuts, now.ending, ())


def test_what_is_appended_later_follows(folder: Path) -> None:
    """A run that is resumed goes on with the numbers of its lines."""
    with Journal(folder) as journal:
        journal.write(LAUNCH)
    facts = read(folder)
    assert (len(facts.launches), facts.notes) == (2, ())


@pytest.mark.parametrize("version", [0, 1, "2", 3, 6, 4.0, None])
def test_another_format_is_refused_politely(folder: Path, version: object) -> None:
    """Which it is, which is read here, what to do; format 3 is that of version 0.1.0."""
    path = folder / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "format_version": version}), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read(folder)
    assert str(refused.value) == (
        f"'{folder}' was written in format {version}, and this program reads formats 4 and 5: "
        "read it with the version of Weighbridge that wrote it"
    )


def test_a_slice_of_format_3_is_no_slice_of_format_4(folder: Path) -> None:
    """Whoever changes the number in a manifest has its journal refused all the same."""
    path = as_format_4(folder) / JOURNAL
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"role":"warm-up"', '"warm_up":true'), encoding="utf-8")
    with pytest.raises(HarnessError, match=f"line 4 of '{path}' is damaged"):
        read(folder)


@pytest.mark.parametrize("name", ["empty", "missing", "file"])
def test_what_is_no_run_is_refused(tmp_path: Path, name: str) -> None:
    """An empty folder, none at all, a file."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=f"'.*{name}' holds no run"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "content", ["", "{", "5", json.dumps({"format_version": FORMAT_VERSION}), "\x00\x01"]
)
def test_a_damaged_manifest_is_reported(tmp_path: Path, content: str) -> None:
    """Without a traceback."""
    (tmp_path / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises((HarnessError, UsageError)):
        read(tmp_path)


def test_a_journal_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """A folder in its place, for one."""
    write_manifest(tmp_path, MANIFEST_FACTS)
    (tmp_path / JOURNAL).mkdir()
    with pytest.raises(HarnessError, match="cannot be read"):
        read(tmp_path)
