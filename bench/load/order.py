"""What the generator is asked to do; what it answers is a `bench.facts.slice.Observation`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Client, Load
from bench.facts.slice import Observation
from bench.workloads.loading import Source
from servers.command import Address as Listening
from servers.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """One server process tree, as the generator sees it, under one workload.

    `key` is new for every launch: connections and what is known of right answers belong to it.
    `address`: where it listens, if that is not what `base_url` says: that may be a door to it.
    `streams`: requests in flight on one connection at the most, where the protocol has streams.
    `new_connections`: each request has a connection of its own; `resume_tls`: each but the first
    of these resumes an earlier TLS session, where the server lets it.
    """

    key: str
    base_url: str
    workload: Source
    seed: int  # of the order in which the workload's exchanges are sent
    address: Listening | None = None
    protocol: Protocol = Protocol.HTTP_1_1
    streams: int = 8
    new_connections: bool = False
    resume_tls: bool = False


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `of` generators that share a load: number `index`, from 0.

    It sends the entries `index`, `index + of`, ... of the plan, so that all of them together send
    the one plan; and it keeps that share of the connections.
    """

    index: int = 0
    of: int = 1

    def connections(self, total: int) -> int:
        """How many of `total` are its own."""
        return total // self.of + (self.index < total % self.of)


@dataclass(frozen=True, slots=True)
class Order:
    """Put one target under load for one slice.

    Requests of the first `lead_in_s` are sent and verified but not counted. `goes_on`: after the
    window load goes on until all that was due in it is answered, so that its end cuts no stall off;
    else nothing more is sent. In either case an answer is waited for `drain_s` at the most, and
    then the server's coming to rest: of all processes below `tree`, whose CPU time is read before
    and after (None: unknown). `start_ns` of CLOCK_MONOTONIC is the
    beginning of the plan, the same for all shards; None: as soon as the generator is ready.
    """

    target: Target
    load: Load
    client: Client
    seed: int
    lead_in_s: float
    window_s: float
    drain_s: float
    tree: int | None = None
    goes_on: bool = False
    shard: Shard = Shard()
    start_ns: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EventTimes:
    """Right events of streams, those of a stream together and in their order, shape (m,).

    slot: of the request. came, read: when the kernel had received it, as far as it stamps, and when
    it was read, ns of CLOCK_MONOTONIC.
    """

    slot: NDArray[np.int64]
    came: NDArray[np.int64]
    read: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One slice request by request, in the order of the plan; all arrays have shape (n,).

    Times are ns of CLOCK_MONOTONIC, and 0 where nothing happened or nothing is known: `due` in
    closed loop, and `received` (the kernel's timestamp of the answer) there, for all but a sample.
    `code` is a `bench.load.reckoning.samples.Code`. Request i was line `i` of
    `Script.sequence_from(order.seed)`, modulo its length. The lead-in is in it; `start` to `end` is
    the window. `noticed`: when a request was found to be due that had to wait for a connection.
    `events`: None where no answer was a stream.
    """

    observation: Observation
    start: int
    end: int
    due: NDArray[np.int64]
    noticed: NDArray[np.int64]
    sent: NDArray[np.int64]
    done: NDArray[np.int64]
    received: NDArray[np.int64]
    code: NDArray[np.uint8]
    events: EventTimes | None = None
