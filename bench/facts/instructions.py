"""How many instructions a server executes for a request, and on what: counted, not timed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LEAST: Final = 0.0005
"""Of all instructions, that a function must have to be kept by itself."""
OTHERS: Final = "(others)"
"""In place of the names of all functions of a package that are smaller."""


class Counter(StrEnum):
    """What has counted.

    VALGRIND: every instruction of the server in user mode, in a simulated CPU. HARDWARE: the
    counters of the CPU, by perf_event; they see the kernel's work for the server, too.
    """

    VALGRIND = "valgrind"
    HARDWARE = "hardware"


@dataclass(frozen=True, slots=True)
class CountedBlock:
    """So many requests, and what all processes of a server have executed for them.

    instructions: in user mode. idle: those among them that would have been executed without any
    request, as timers go by the clock; None where that is unknown. window_ns: how long the
    server ran. reopened: connections that the server closed after an answer and that were opened
    again. The rest is known of hardware counters alone.
    """

    requests: int
    instructions: int
    window_ns: int
    idle: int | None = None
    reopened: int = 0
    kernel_instructions: int | None = None
    cycles: int | None = None
    kernel_cycles: int | None = None

    def per_request(self, *, timers: bool = False) -> float:
        """Instructions in user mode for a request; idle work is left out, unless with `timers`."""
        return (self.instructions - (0 if timers else self.idle or 0)) / self.requests


@dataclass(frozen=True, slots=True)
class InstructionCount:
    """One fresh start of a server, counted over blocks of requests.

    start: its number, from 1. warm_up: requests before the first block that counts. settled:
    whether blocks were alike at the end of that. idle_rate: instructions a second while nothing is
    asked. processes: of its tree that were counted.
    """

    profile: str
    workload: str
    start: int
    counter: Counter
    connections: int
    warm_up: int
    settled: bool
    idle_rate: float
    blocks: tuple[CountedBlock, ...]
    processes: int
    startup_ns: int | None = None

    @property
    def requests(self) -> int:
        """Of all blocks that count."""
        return sum(block.requests for block in self.blocks)


def timers_known(counts: Iterable[InstructionCount]) -> bool:
    """Whether what goes by the clock could be told in every one of these starts.

    Taken off in some of them alone, it would be a difference between starts, of several per cent
    with daphne.
    """
    return all(block.idle is not None for one in counts for block in one.blocks)


def idle_share(counts: Iterable[InstructionCount]) -> float:
    """What goes by the clock / all instructions, of blocks of which it is known."""
    blocks = [block for one in counts for block in one.blocks]
    return sum(b.idle or 0 for b in blocks) / max(1, sum(b.instructions for b in blocks))


@dataclass(frozen=True, slots=True)
class CountFailure:
    """Why the instructions of a server could not be counted, in words.

    tool: whether the counter could not tell, and the server did nothing wrong.
    """

    profile: str
    workload: str
    start: int
    reason: str
    tool: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """Instructions of one function, its callees left out, over all requests of a spending."""

    package: str
    function: str
    instructions: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What the instructions of some requests to one server went on.

    What Python code executes is the interpreter's. total: of all functions.
    """

    profile: str
    workload: str
    requests: int
    total: int
    parts: tuple[Spent, ...]


@dataclass(frozen=True, slots=True)
class KernelWork:
    """What a server had the kernel do for so many requests, running as it is, without a counter.

    context_switches: of all threads, those that waited and those that had to make room.
    page_faults: that needed no disk, and that did. calls: system calls by name, over `traced`
    requests of their own; None where what counts them is not installed, or may not trace.
    """

    profile: str
    workload: str
    requests: int
    context_switches: int
    page_faults: int
    traced: int = 0
    calls: Mapping[str, int] | None = None
