"""What can be taken up again, and what is refused, with the reason."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.cli.main import cli
from bench.cli.resume import recorded_arguments
from bench.errors import HarnessError, UsageError
from bench.facts import journal
from bench.facts.load import Arrivals, Cell, Client, Load, Mode
from bench.facts.run import Facts, Manifest, Purpose
from bench.facts.server import Launch
from bench.facts.settings import AppSettingsRecord, RunSettings, Timing
from bench.facts.slice import Cut, Role, Slice
from bench.plan import schedule
from bench.run.resume_checks import check_can_go_on, check_planned, check_same
from bench.run.rounds.slices import Turn
from bench.run.rounds.starting_point import StartingPoint
from servers.apps.env_file import read_all
from servers.apps.settings import masked
from tests.build.runs import manifest
from tests.build.slices import slice_of
from tests.build.variants import with_manifest

SETTINGS = RunSettings(
    profiles=("a", "b"),
    workloads=("get_item",),
    rate=None,
    connections=32,
    rounds=3,
    seed=5,
    arrivals=Arrivals.POISSON,
    client=Client.WIRE,
    workers=1,
    generator_cores=1,
    timing=Timing(),
)
NAMES = ("a", "b", "a#2")
RATE = 1000.0
PIECES = {mode: dict.fromkeys(NAMES, 8) for mode in Mode}


def planned(rounds: int = 2, rotations: int = 2) -> Facts:
    """A run that has followed its plan."""
    slices: list[Slice] = []
    launches = []
    for round_ in range(1, rounds + 1):
        launches += [Launch(name, round_, 1, (1,), None) for name in NAMES]
        cells = schedule.cells(SETTINGS, NAMES, {"get_item": RATE})
        slices.append(replace(slice_of(cells[0], round_, 0, [1]), role=Role.WARM_UP))
        for rotation in range(1, rotations + 1):
            slices += [
                replace(
                    slice_of(cell, round_, rotation, [1]), position=place, ended_s=10.0 * round_
                )
                for block in schedule.blocks(cells, SETTINGS.seed, round_, rotation)
                for place, cell in block
            ]
    return Facts(
        manifest([(name, name) for name in NAMES], "a"),
        launches=tuple(launches),
        rates={"get_item": RATE},
        cuts={"get_item": Cut(0.2, PIECES, 1.5, 0.1, 5.0)},
        slices=tuple(slices),
        ending="interrupted",
    )


@pytest.mark.parametrize("cut", range(1, 28))
def test_a_run_that_followed_its_plan_can_be_taken_up_anywhere(cut: int) -> None:
    """After any slice; it goes on at the next, with the time that was spent."""
    facts = planned()
    facts = replace(facts, slices=facts.slices[:cut])
    check_can_go_on(facts, "run")
    check_planned(facts, SETTINGS, NAMES)
    last = facts.slices[-1]
    place = -1 if last.warm_up else last.position
    assert StartingPoint.after(facts).turn == Turn(last.round, last.rotation, place, last.role)
    assert StartingPoint.after(facts).spent_s == max(one.ended_s for one in facts.slices)


def test_a_run_without_slices_begins_at_the_beginning() -> None:
    """It was stopped before any."""
    facts = replace(planned(), slices=())
    check_planned(facts, SETTINGS, NAMES)
    assert StartingPoint.after(facts).turn == Turn(1, 0, -1)


def swapped(facts: Facts) -> Facts:
    """Two slices of one rotation in each other's place."""
    first, second, third, *rest = facts.slices
    return replace(facts, slices=(first, third, second, *rest))


def doubled(facts: Facts) -> Facts:
    """A slice that is there twice."""
    return replace(facts, slices=(*facts.slices, facts.slices[-1]))


def renamed(facts: Facts) -> Facts:
    """A slice under another profile's name."""
    cell = Cell("b", "get_item", Load(Mode.CLOSED, 32))
    other = replace(facts.slices[1], cell=replace(cell, profile="z"))
    return replace(facts, slices=(facts.slices[0], other, *facts.slices[2:]))


def at_another_rate(facts: Facts) -> Facts:
    """All slices of another run, which found another rate."""
    return replace(facts, rates={"get_item": 2 * RATE})


@pytest.mark.parametrize("edit", [swapped, doubled, renamed, at_another_rate])
def test_a_journal_that_is_not_the_plans_is_refused(edit: Callable[[Facts], Facts]) -> None:
    """Edited, or mixed from two runs: one line says where."""
    with pytest.raises(HarnessError, match=r"slice \d+ of the journal .* was edited"):
        check_planned(edit(planned()), SETTINGS, NAMES)


def test_another_seed_has_another_plan() -> None:
    """So its journal is not taken for this one's."""
    with pytest.raises(HarnessError, match="not what seed 6 plans there"):
        check_planned(planned(), replace(SETTINGS, seed=6), NAMES)


def test_what_is_finished_is_not_taken_up() -> None:
    """There is nothing left to measure."""
    with pytest.raises(UsageError, match="is finished: 'nox -s report -- run'"):
        check_can_go_on(replace(planned(), ending="finished"), "run")


def test_a_run_whose_journal_was_altered_is_not_taken_up() -> None:
    """It would go on after what is not known to have been measured."""
    with pytest.raises(HarnessError, match="2 of the lines of its journal are not as the run"):
        check_can_go_on(replace(planned(), altered=2), "run")


def test_only_comparisons_are_taken_up() -> None:
    """A search for capacity begins again."""
    facts = planned()
    facts = with_manifest(facts, purpose=Purpose.CAPACITY)
    with pytest.raises(UsageError, match="only comparisons can be resumed"):
        check_can_go_on(facts, "run")


def with_other_kernel(then: Manifest) -> Manifest:
    """The machine was updated."""
    return replace(then, machine=replace(then.machine, kernel="Linux 7.0.0"))


def with_other_version(then: Manifest) -> Manifest:
    """A server was."""
    first, *others = then.servers
    return replace(then, servers=(replace(first, packages={"uvicorn": "9.9"}), *others))


def with_other_settings(then: Manifest) -> Manifest:
    """Other arguments."""
    return replace(then, settings=replace(then.settings, connections=64))


def with_other_servers(then: Manifest) -> Manifest:
    """One less."""
    return replace(then, servers=then.servers[:1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_other_kernel, 'machine.kernel was "Linux 6.1.0" and is "Linux 7.0.0"'),
        (with_other_version, 'servers a.packages.uvicorn was null and is "9.9"'),
        (with_other_settings, "settings.connections was 32 and is 64"),
        (with_other_servers, "servers was"),
    ],
)
def test_what_has_changed_is_named(change: Callable[[Manifest], Manifest], said: str) -> None:
    """With both values."""
    then = planned().manifest
    then = replace(then, servers=tuple(replace(s, packages={}) for s in then.servers))
    with pytest.raises(UsageError) as refused:
        check_same(then, change(then))
    assert said in str(refused.value)


def test_a_file_of_variables_that_has_changed_is_another_run(tmp_path: Path) -> None:
    """It is read again; of a value that is written nowhere it is told that it changed."""
    file = tmp_path / ".env"
    manifests = []
    for text in ("A=1", "A=2"):
        file.write_text(text, encoding="utf-8")
        [found] = read_all([file], {})
        own = AppSettingsRecord(env_files=(found.recorded,))
        settings = replace(planned().manifest.settings, own_app=own)
        manifests.append(replace(planned().manifest, settings=settings))
    check_same(manifests[0], manifests[0])
    with pytest.raises(UsageError, match=r"settings\.env_files \.env\.digest was"):
        check_same(*manifests)


@pytest.mark.parametrize(
    ("then", "now", "refused"),
    [("a1", "a1", False), ("a1", "b2", True), (None, "b2", False), ("a1", None, False)],
)
def test_a_second_edit_of_the_app_is_another_run(
    then: str | None, now: str | None, *, refused: bool
) -> None:
    """Its commit was marked when the run began, and is so still; not known is no difference."""
    began = replace(planned().manifest, app_commit="fedcba9+", app_digest=then)
    if not refused:
        check_same(began, replace(began, app_digest=now))
        return
    with pytest.raises(UsageError, match="files were edited after the run began") as caught:
        check_same(began, replace(began, app_digest=now))
    assert str(caught.value).endswith('was "a1" and is "b2"). Restore it, or start a new run')


@pytest.mark.parametrize("given", ["cache=redis://me:hidden@h:1/0", "auth_secret=hidden"])
def test_what_was_not_written_down_is_asked_for_again(given: str, tmp_path: Path) -> None:
    """Without its user and password a URL is another: the run would go on with that."""
    command = masked(["python", "-m", "bench", "run", "--app-setting", given])
    journal.write_manifest(tmp_path, replace(planned().manifest, command=command))
    with pytest.raises(UsageError, match="give all options again, together with --resume"):
        recorded_arguments(tmp_path)


def test_options_beside_resume_are_named_and_refused(tmp_path: Path) -> None:
    """At once, and only where the run's own are recorded; how it is reported may be chosen anew."""
    journal.write_manifest(tmp_path, replace(planned().manifest, command=("bench", "run")))
    given = ["run", "--resume", str(tmp_path), "--format", "md", "--quiet", "--quick", "--seed=3"]
    with pytest.raises(UsageError) as refused:
        cli.main(given, standalone_mode=False)
    expected = "--resume continues the run as it was started: leave out --quick and --seed"
    assert str(refused.value) == expected


def test_options_beside_resume_are_taken_where_a_secret_is_not_recorded(tmp_path: Path) -> None:
    """They were asked for: what is refused here is the kind of run."""
    command = masked(["bench", "run", "--app-setting", "auth_secret=hidden"])
    then = replace(planned().manifest, command=command, purpose=Purpose.CAPACITY)
    journal.write_manifest(tmp_path, then)
    given = ["run", "--resume", str(tmp_path), "--workload", "get_item"]
    with pytest.raises(UsageError, match="only comparisons can be resumed"):
        cli.main(given, standalone_mode=False)


def test_slices_are_counted_without_warm_ups() -> None:
    """Where a run is interrupted, and where it is resumed."""
    facts = planned(rounds=1, rotations=1)
    assert facts.counted == len(facts.slices) - 1 > 0


def test_the_same_is_the_same_after_it_was_written_down(tmp_path: Path) -> None:
    """Tuples come back as lists: that is no difference."""
    now = planned().manifest
    journal.write_manifest(tmp_path, now)
    then = journal.read(tmp_path).manifest
    assert then.settings == now.settings
    check_same(then, replace(now, started_at="later", command=("other",), selftest=None))


def test_a_boot_that_leaves_a_little_less_memory_is_no_other_machine() -> None:
    """A kernel keeps some of it to itself; half of it gone is another machine."""
    then = planned().manifest
    a_little, half = (
        replace(
            then, machine=replace(then.machine, memory_bytes=int(then.machine.memory_bytes * f))
        )
        for f in (0.999, 0.5)
    )
    check_same(then, a_little)
    with pytest.raises(UsageError, match=r"machine\.memory_bytes"):
        check_same(then, half)


def test_a_torn_line_is_cut_off_before_anything_is_appended(tmp_path: Path) -> None:
    """Wherever it was cut; whole lines stay as they are, byte for byte."""
    facts = planned(rounds=1, rotations=1)
    journal.write_manifest(tmp_path, facts.manifest)
    with journal.Journal(tmp_path) as open_:
        for one in facts.slices[:3]:
            open_.write(one)
    path = tmp_path / journal.JOURNAL
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    assert journal.drop_torn_line(tmp_path) is None
    for cut in np.random.default_rng(1).integers(0, len(whole), 40):
        path.write_bytes(whole[:cut])
        torn = int(cut) not in {0, *ends}
        assert (journal.drop_torn_line(tmp_path) is not None) is torn
        kept = path.read_bytes()
        assert kept == whole[: max((end for end in ends if end <= cut), default=0)]
        assert all(json.loads(line) for line in kept.splitlines())
