"""Whether a run that had stopped can be resumed, and where: checks on facts, no servers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from bench.errors import HarnessError, UsageError
from bench.facts.journal import plain
from bench.facts.run import FINISHED, Facts, Manifest, Purpose
from bench.facts.settings import RunSettings
from bench.facts.slice import Slice
from bench.plan import schedule
from bench.system.program import call

_SAME_MEMORY: Final = 0.01  # a kernel keeps some of it to itself, not quite the same after a boot
_TOLD_APART: Final = 5  # differing facts that are named


def check_can_go_on(facts: Facts, folder: object) -> None:
    """Refuse what is no comparison that has stopped. Raises UsageError and HarnessError."""
    if facts.manifest.purpose is not Purpose.COMPARISON:
        raise UsageError(
            f"--resume '{folder}' is a run of the kind '{facts.manifest.purpose}', and only "
            "comparisons can be resumed: start a new run"
        )
    if facts.altered:
        raise HarnessError(
            f"--resume '{folder}': {facts.altered} of the lines of its journal are not as the "
            "run wrote them: restore the file, or start a new run"
        )
    if facts.ending == FINISHED:
        raise UsageError(
            f"--resume '{folder}' is finished: '{call('report', folder)}' rewrites its report"
        )


def check_same(then: Manifest, now: Manifest) -> None:
    """Refuse to go on with other servers, versions, arguments or on another machine.

    Raises UsageError, which names what differs.
    """
    if abs(now.machine.memory_bytes / then.machine.memory_bytes - 1) < _SAME_MEMORY:
        now = replace(now, machine=replace(now.machine, memory_bytes=then.machine.memory_bytes))
    found = [*_edited(then, now), *_differences(_comparable(then), _comparable(now))]
    if found:
        more = f"; and {len(found) - _TOLD_APART} more" if len(found) > _TOLD_APART else ""
        raise UsageError(
            "the run cannot be resumed: the configuration changed: "
            f"{'; '.join(found[:_TOLD_APART])}{more}. Restore it, or start a new run"
        )


def check_planned(facts: Facts, settings: RunSettings, names: Sequence[str]) -> None:
    """Refuse a journal whose slices are not those of the plan, in its order.

    Servers that were measured alone are out of order: after all others of their round.
    `names`: of all that take part, in the order of the plan. Raises HarnessError.
    """
    last, taken = (0, 0, -1), set()
    alone = set(names) if settings.alone else _restless(facts)
    counted = [each for each in facts.slices if not each.warm_up]
    for number, one in enumerate(counted, start=1):
        turn = (one.round, one.rotation, one.position)
        has_own_turn = one.cell.profile in alone and turn[:2] == (last[0], schedule.ALONE_ROTATION)
        in_order = turn > last or (has_own_turn and turn not in taken)
        if not in_order or not _is_planned(facts, settings, names, one):
            raise HarnessError(
                f"slice {number} of the journal (round {one.round}, rotation {one.rotation}, "
                f"{one.cell.profile}) is not what seed {settings.seed} plans there: the "
                "journal was edited or holds lines of another run; start a new run"
            )
        last = max(last, turn)
        taken.add(turn)


def _is_planned(facts: Facts, settings: RunSettings, names: Sequence[str], one: Slice) -> bool:
    """Whether the cell of a slice is the one at its place."""
    if not set(settings.workloads) <= facts.rates.keys():
        return False
    for due in _due(facts, settings, names, one.round):
        cells = schedule.cells(settings, due, facts.rates)
        blocks = schedule.blocks(cells, settings.seed, one.round, one.rotation)
        planned = {position: cell for block in blocks for position, cell in block}
        if planned.get(one.position) == one.cell:
            return True
    return False


def _due(
    facts: Facts, settings: RunSettings, names: Sequence[str], round_: int
) -> Iterator[list[str]]:
    """Who may have taken part in a round: in the fixed ones, all that ever did.

    In a later one, those that were launched in it; and whoever is measured alone, later.
    """
    every = {(launch.profile, launch.round) for launch in facts.launches}
    every |= {(drain.profile, drain.round) for drain in facts.drains}
    launched = {name for name, at in every if at == round_ or round_ <= settings.rounds}
    yield [name for name in names if name in launched]
    yield [name for name in names if name in launched | _restless(facts)]


def _restless(facts: Facts) -> set[str]:
    """Servers that did not come to rest after a load."""
    return {each.cell.profile for each in facts.slices if not each.settled}


def _edited(then: Manifest, now: Manifest) -> Iterator[str]:
    """What the commit does not tell: an edit of files that differed from it when the run began."""
    if None in {then.app_digest, now.app_digest} or then.app_digest == now.app_digest:
        return  # nothing is known of older runs, nor of files that cannot be read
    if then.app_commit == now.app_commit:
        yield (
            "the app's files were edited after the run began (their digest was "
            f"{_short(then.app_digest)} and is {_short(now.app_digest)})"
        )


def _comparable(manifest: Manifest) -> dict[str, Any]:
    """What must be the same: all but when, by which words, and what the self-test found."""
    same = replace(manifest, started_at="", command=(), selftest=None, app_digest=None)
    found: dict[str, Any] = json.loads(json.dumps(plain(same)))
    return found


def _differences(then: object, now: object, path: str = "") -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in [*then, *(key for key in now if key not in then)]:
            below = f"{path}.{key}" if path else key
            yield from _differences(then.get(key), now.get(key), below)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for one, other in zip(then, now, strict=True):
            name = one.get("name", "") if isinstance(one, dict) else ""
            yield from _differences(one, other, f"{path} {name}".strip())
    elif then != now:
        yield f"{path} was {_short(then)} and is {_short(now)}"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 80 else f"{text[:77]}..."  # noqa: PLR2004  # a line in an error
