"""What a server would have executed without being asked: timers, and looking after workers.

Under valgrind a block takes some fifty times as long as it would, so what goes by the clock comes
fifty times as often for each request; and how often it came, the time alone does not say, as a
server that is busy is late with it. But there may be functions that nothing else calls: those of a
timer's callback. Of all that goes on in an idle second, the function that is rarest in a block
tells how often that second's work can have been done in the block. Where there is none that fits
the time that the block took, the work cannot be separated, and stays in the count.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from bench.counting.callgrind_file import CodePlace

Parts: TypeAlias = Mapping[int, Mapping[CodePlace, int]]
"""Instructions of each function, by process."""
_Functions: TypeAlias = Mapping[CodePlace, int]

_ALIKE: Final = 0.5
"""By how much a function's instructions may differ between two idle blocks: what differs by more
does not go by the clock. Of a timer that fires each second one may have twice as many as the other:
with less than this, what daphne does was told in some starts and not in others."""
_LEAST: Final = 0.002
"""Of a process's idle work, that a function must be: what is less may be a rare path."""
_FITS: Final = 1.5
"""How often, at the most, the idle work of a time may have been done in so much time. Timers are
late in either, as the machine has other work: in starts of uvicorn on a busy machine up to 1.1
times as often. A function that requests call too is there many times as often, as a rule."""
_SLIGHT: Final = 0.0005
"""Of all that is counted: idle work below this share need not be separated."""


def idle_work(
    blocks: Sequence[Parts], blocks_ns: int, idle: tuple[Parts, Parts], idle_ns: int
) -> list[int] | None:
    """Instructions of each block that were not for its requests; None: unknown.

    blocks_ns: how long all blocks together took. idle: two blocks without requests, which took
    `idle_ns` together.
    """
    expected = blocks_ns / idle_ns
    slight = _SLIGHT * sum(sum(part.values()) for block in blocks for part in block.values())
    shares = [0.0] * len(blocks)
    for pid, first in idle[0].items():
        both = _alike(first, idle[1].get(pid, {}))
        total = sum(idle[0][pid].values()) + sum(idle[1].get(pid, {}).values())
        of_blocks = [block.get(pid, {}) for block in blocks]
        telling = _telling(of_blocks, both, total)
        if telling is None or _times(of_blocks, telling, both) > _FITS * expected:
            if total * expected > slight:
                return None
            continue
        for number, block in enumerate(of_blocks):
            shares[number] += total * _times([block], telling, both)
    return [round(share) for share in shares]


def _alike(first: _Functions, second: _Functions) -> dict[CodePlace, int]:
    """The functions of which two idle blocks have as much, with what both have."""
    return {
        code: count + second[code]
        for code, count in first.items()
        if code in second and abs(count - second[code]) <= _ALIKE * max(count, second[code])
    }


def _telling(blocks: Sequence[_Functions], idle: _Functions, total: int) -> CodePlace | None:
    """The function that is rarest in the blocks, as a share of what it is while idle."""
    usual = [code for code, count in idle.items() if count >= _LEAST * total]
    return min(usual, key=lambda code: _times(blocks, code, idle), default=None)


def _times(blocks: Sequence[_Functions], telling: CodePlace, idle: _Functions) -> float:
    """How often the work of the idle time was done in these blocks, as one function tells."""
    return sum(block.get(telling, 0) for block in blocks) / idle[telling]
