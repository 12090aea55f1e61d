"""From functions as a counter names them to what a report shows: by package, the large ones."""

from collections import Counter as Tally
from collections.abc import Mapping
from typing import Final

from bench.counting.callgrind_file import CodePlace
from bench.counting.packages import package_of
from bench.facts.instructions import LEAST, OTHERS, InstructionCount, Spending, Spent

_RECURSION: Final = "'"


def spending(of: InstructionCount, parts: Mapping[CodePlace, int], requests: int) -> Spending:
    """What the instructions of so many requests went on; whoever called itself is one function."""
    named, total = Tally[tuple[str, str]](), sum(parts.values())
    for code, count in parts.items():
        named[package_of(code.file), code.function.partition(_RECURSION)[0]] += count
    kept = Tally[tuple[str, str]]()
    for (package, function), count in named.items():
        kept[package, function if count >= LEAST * total else OTHERS] += count
    found = (Spent(*key, count) for key, count in kept.most_common())
    return Spending(of.profile, of.workload, requests, total, tuple(found))
