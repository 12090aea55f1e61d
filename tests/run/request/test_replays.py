"""Which logs are replayed, which are not, and what is said of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.several_runs.comparable import must_agree
from bench.cli.run_options import options_from
from bench.errors import UsageError
from bench.facts.journal import plain
from bench.facts.load import Arrivals, Mode
from bench.plan import schedule
from bench.run.request import replays
from bench.run.request.options import Options
from bench.run.request.resolve import RunRequest, resolve
from bench.workloads.requests.request_set import RequestSet
from tests.build.options import OPTIONS
from tests.build.runs import manifest
from tests.workloads.requests.access_log.lines import fine, line

BUSY = "".join(line(f"GET /{n % 7}?token=s3cr3t HTTP/1.1", second=n // 60) for n in range(6000))
QUIET = "".join(line(second=n) for n in range(0, 180, 10))


def asked(tmp_path: Path, text: str, **known: Any) -> Options:
    """Ask for a log of this text, as `run` does."""
    path = tmp_path / "access.log"
    path.write_text(text)
    options = replace(OPTIONS, workloads=(), access_logs=(path,), replays=True, seed=3)
    return replace(options, **known)


def the_log(found: RunRequest) -> RequestSet:
    """The one workload."""
    (source,) = found.sources.values()
    assert isinstance(source, RequestSet)
    return source


def test_a_log_with_enough_is_replayed(tmp_path: Path) -> None:
    """At its own speed; the manifest says which part, and the load that arrivals are the log's."""
    found = resolve(asked(tmp_path, BUSY))
    assert found.settings.replays is not None
    record = found.settings.replays["access"]
    assert (record.log, record.form, record.speed) == ("access.log", "common", 1.0)
    assert record.whole_seconds
    assert record.requests == 60 * record.window_s
    replay = the_log(found).replay
    assert replay is not None
    assert the_log(found).log is None
    cells = schedule.cells(found.settings, ["a"], {"access": record.rate})
    loads = {cell.load.mode: cell.load for cell in cells}
    assert (loads[Mode.OPEN].arrivals, loads[Mode.OPEN].offered_rate) == (Arrivals.LOG, 60.0)
    assert loads[Mode.CLOSED].arrivals is None
    assert found.notes[-1] == (
        f"--access-log '{tmp_path / 'access.log'}': replayed: its busiest {record.window_s:g} s, "
        f"{record.began} to {record.ended} UTC, {record.requests} requests at speed 1, the same "
        "in every round and for every server; the log has whole seconds, over each of which "
        "requests are spread at random by the seed"
    )


def test_the_manifest_has_the_part_and_no_secret(tmp_path: Path) -> None:
    """Runs of other parts, and of none, are not compared."""
    wanted = resolve(asked(tmp_path, BUSY))
    made = replace(manifest([]), settings=wanted.settings)
    written = plain(made)
    assert written["settings"]["replays"]["access"]["requests"] > 0
    assert "s3cr3t" not in str(written)
    other = replace(made, settings=resolve(asked(tmp_path, BUSY, replay_speed=2.0)).settings)
    none = replace(made, settings=resolve(asked(tmp_path, BUSY, replays=False)).settings)
    assert must_agree(made, made) == []
    for each in (other, none):
        assert "replayed log of access" in [found.name for found in must_agree(made, each)]


def test_a_log_with_too_little_is_sent_by_frequency(tmp_path: Path) -> None:
    """It is said why, and which speed would do; who asks for a speed is refused."""
    found = resolve(asked(tmp_path, QUIET))
    assert found.settings.replays is None
    assert (the_log(found).replay, the_log(found).log) == (None, None)
    assert "not replayed, but sent by how often its requests came: its busiest" in found.notes[-1]
    with pytest.raises(UsageError, match="cannot be replayed at speed 1: its busiest"):
        resolve(asked(tmp_path, QUIET, replay_speed=1.0))


def test_the_speed_that_is_said_to_be_enough_is(tmp_path: Path) -> None:
    """And the one before it is not."""
    text = "".join(line(second=5 * n) for n in range(100))
    note = resolve(asked(tmp_path, text)).notes[-1]
    speed = float(note.rpartition("--replay-speed ")[2].partition(" ")[0])
    assert resolve(asked(tmp_path, text, replay_speed=speed)).settings.replays is not None
    with pytest.raises(UsageError, match="has enough"):
        resolve(asked(tmp_path, text, replay_speed=speed / 2.5))


@pytest.mark.parametrize(
    "text",
    [
        line(),
        line() * 3 + line().replace("2026", "1999") * 2 + line().replace("2026", "2150"),
    ],
)
def test_one_line_and_lines_that_are_years_apart(tmp_path: Path, text: str) -> None:
    """Sent by how often they came, at any speed; what would be replayed is refused at once."""
    assert the_log(resolve(asked(tmp_path, text))).replay is None
    for speed in (0.001, 1_000_000.0):
        with pytest.raises(UsageError, match="its busiest"):
            resolve(asked(tmp_path, text, replay_speed=speed))


def test_lines_without_times(tmp_path: Path) -> None:
    """Of uvicorn: sent by how often each came."""
    text = 'INFO:     127.0.0.1:1 - "GET / HTTP/1.1" 200 OK\n' * 500
    assert resolve(asked(tmp_path, text)).notes[-1].endswith("its lines have no times")


def test_what_no_generator_can_send_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a rate is."""
    monkeypatch.setattr(replays, "MOST_RATE", 2_000.0)
    text = fine((n * 1_000, "/") for n in range(2_000))
    with pytest.raises(UsageError, match=r"--replay-speed 500 would offer 5,000 .* at most 2,000"):
        resolve(asked(tmp_path, text, replay_speed=500.0))


def test_whether_a_log_is_replayed_follows_from_other_options() -> None:
    """A rate, or arrivals, are in place of it; other commands than `run` have no replays."""
    log = {"access_logs": (Path("a.log"),), "app": "main:app"}
    of_run = {**log, "replay_speed": None, "rate": None, "arrivals": None}
    assert options_from(of_run).replays
    assert options_from(of_run).arrivals is Arrivals.POISSON
    assert not options_from({**of_run, "rate": 100.0}).replays
    assert not options_from({**of_run, "arrivals": Arrivals.CONSTANT}).replays
    assert not options_from(log).replays
    for name, value in (("rate", 100.0), ("arrivals", Arrivals.POISSON)):
        with pytest.raises(UsageError, match=f"and --{name} would send them at other times"):
            options_from({**of_run, "replay_speed": 2.0, name: value})
    with pytest.raises(UsageError, match="--replay-speed needs --access-log"):
        options_from({"workloads": ("get_item",), "replay_speed": 2.0})
