"""Every figure that reports show, described once: its name, its unit, and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final


class Better(StrEnum):
    """Which way a figure is better."""

    LESS = "less is better"
    MORE = "more is better"


class Subject(StrEnum):
    """What a figure belongs to: a server under one load, or its process, whatever its load."""

    LOAD = "load"
    PROCESS = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure.

    name: in files; it ends in the unit. title: above a column. sentence: in running text.
    definition: numerator / denominator, or what it is the average or percentile of. source: where
    its facts come from.
    """

    name: str
    title: str
    sentence: str
    unit: str
    better: Better
    subject: Subject = Subject.LOAD
    definition: str
    source: str


_TIME_SOURCE: Final = (
    "open loop: response times, which end with the kernel's time stamp of the answer; closed "
    "loop: service times, which end when the response was read"
)
_TIMES: Final = "of correct responses in all usable exposures together"
_PSS_SOURCE: Final = "Pss of smaps_rollup (proc(5)), summed over the process tree"


def _time(name: str, title: str, sentence: str, definition: str) -> Figure:
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        unit="ms",
        better=Better.LESS,
        definition=f"{definition} {_TIMES}",
        source=_TIME_SOURCE,
    )


THROUGHPUT: Final = Figure(
    name="throughput_rps",
    title="throughput",
    sentence="throughput",
    unit="requests/s",
    better=Better.MORE,
    definition="correct responses in the windows of exposures / length of these windows; where "
    "work piled up behind the answers, of the whole load / time until the server was idle again",
    source="answers that the generator has read and verified",
)
AVERAGE: Final = _time("avg_ms", "average", "average response time", "mean time")
P50: Final = _time("p50_ms", "p50", "median response time", "median time")
P90: Final = _time("p90_ms", "p90", "90th percentile of response times", "90th percentile")
P95: Final = _time("p95_ms", "p95", "95th percentile of response times", "95th percentile")
P99: Final = _time("p99_ms", "p99", "99th percentile of response times", "99th percentile")
CPU: Final = Figure(
    name="cpu_us_per_request",
    title="CPU per request",
    sentence="CPU per request",
    unit="\N{MICRO SIGN}s",
    better=Better.LESS,
    definition="CPU time of the server's process tree until it is idle again, children that ended "
    "included / requests answered in that time",
    source="schedstat and stat of each process (proc(5))",
)
PSS: Final = Figure(
    name="pss_mib",
    title="memory, after load",
    sentence="memory after load",
    unit="MiB",
    better=Better.LESS,
    subject=Subject.PROCESS,
    definition="proportional set size of the process tree after its load, mean over rounds",
    source=_PSS_SOURCE,
)
STARTUP: Final = Figure(
    name="startup_ms",
    title="start-up",
    sentence="start-up time",
    unit="ms",
    better=Better.LESS,
    subject=Subject.PROCESS,
    definition="from launch to the first correct response, mean over rounds",
    source="the monotonic clock, around the launch",
)
PSS_IDLE: Final = Figure(
    name="pss_idle_mib",
    title="memory, idle",
    sentence="memory before load",
    unit="MiB",
    better=Better.LESS,
    subject=Subject.PROCESS,
    definition="proportional set size of the process tree before any load, mean over rounds",
    source=_PSS_SOURCE,
)

IDLE_CONNECTION: Final = Figure(
    name="idle_connection_kib",
    title="memory, idle WebSocket",
    sentence="memory for an idle WebSocket",
    unit="KiB",
    better=Better.LESS,
    subject=Subject.PROCESS,
    definition="proportional set size of the process tree with idle WebSockets, 1,000 unless fewer "
    "files may be open, minus that without / their number; once a run, after the load of a round",
    source=_PSS_SOURCE,
)

INSTRUCTIONS: Final = Figure(
    name="instructions_per_request",
    title="instructions per request",
    sentence="instructions per request",
    unit="",
    better=Better.LESS,
    definition="instructions that all processes of the server execute in user mode for blocks of "
    "requests, those that it executes by the clock left out as far as they can be told apart / "
    "these requests; mean over fresh starts",
    source="hardware counters (perf_event_open(2)), or valgrind's callgrind",
)
"""Of a pass of its own: it stands in a table of its own."""


def _figure(
    source: str,
    name: str,
    title: str,
    sentence: str,
    definition: str,
    *,
    unit: str = "ms",
    better: Better = Better.LESS,
) -> Figure:
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        unit=unit,
        better=better,
        definition=definition,
        source=source,
    )


_STREAM_SOURCE: Final = (
    "the kernel's time stamp of the read that completed an event, where it stamps, else the time "
    "of reading; of correct streams in all usable exposures together"
)


_of_streams = partial(_figure, _STREAM_SOURCE)


_FIRST_BYTE: Final = (
    "time until the first byte of the response: open loop, from when the stream was due, without "
    "the generator's delay in sending; closed loop, from when it was sent"
)
_GAP: Final = "time between an event and the next one of its stream"
_PLAIN: Final = "time of the responses that are no streams, as of all responses"

OF_STREAMS: Final = (
    _of_streams(
        "first_byte_p50_ms", "first byte, p50", "median time to the first byte",
        f"median {_FIRST_BYTE}",
    ),
    _of_streams(
        "first_byte_p95_ms", "first byte, p95", "95th percentile of times to the first byte",
        f"95th percentile of the {_FIRST_BYTE}",
    ),
    _of_streams("gap_p50_ms", "gap, p50", "median gap between events", f"median {_GAP}"),
    _of_streams(
        "gap_p95_ms", "gap, p95", "95th percentile of gaps between events",
        f"95th percentile of the {_GAP}",
    ),
    _of_streams(
        "gap_p99_ms", "gap, p99", "99th percentile of gaps between events",
        f"99th percentile of the {_GAP}",
    ),
    _of_streams(
        "event_rate", "events", "events a second",
        "correct events that came in the windows of exposures / length of these windows",
        unit="events/s", better=Better.MORE,
    ),
    _of_streams(
        "streams_held", "streams at once", "streams open at once",
        "time for which correct streams were open within the windows / length of the windows",
        unit="streams", better=Better.MORE,
    ),
    _of_streams(
        "stream_p50_ms", "stream, p50", "median length of streams",
        "median time of the responses that are streams, until their last byte",
    ),
    _of_streams(
        "plain_p50_ms", "other requests, p50", "median time of other requests", f"median {_PLAIN}"
    ),
    _of_streams(
        "plain_p95_ms", "other requests, p95", "95th percentile of times of other requests",
        f"95th percentile of the {_PLAIN}",
    ),
)  # fmt: skip
"""Those of streams of events; they have ranks of their own, and rank no server."""

_CONNECTION_SOURCE: Final = (
    "of connections that were opened for one request each and had a correct response, of all "
    "usable exposures together; responses and handshakes end with the kernel's time stamp, where "
    "it stamps"
)


_of_connections = partial(_figure, _CONNECTION_SOURCE)

_FIRST_ANSWER: Final = "time from the call of connect() until the kernel had the response"
_CONNECT: Final = "time from the call of connect() until TCP's handshake was seen to be over"
_HANDSHAKE: Final = (
    "time from the end of TCP's handshake until the kernel had the last bytes of the server's "
    "TLS handshake"
)

OF_CONNECTIONS: Final = (
    _of_connections(
        "connection_rate", "connections", "connections a second",
        "new connections whose correct response came in the windows of exposures / length of these "
        "windows",
        unit="connections/s", better=Better.MORE,
    ),
    _of_connections(
        "first_answer_p50_ms", "first response, p50", "median time to the first response",
        f"median {_FIRST_ANSWER}",
    ),
    _of_connections(
        "first_answer_p95_ms", "first response, p95",
        "95th percentile of times to the first response", f"95th percentile of the {_FIRST_ANSWER}",
    ),
    _of_connections(
        "first_answer_p99_ms", "first response, p99",
        "99th percentile of times to the first response", f"99th percentile of the {_FIRST_ANSWER}",
    ),
    _of_connections("connect_p50_ms", "TCP, p50", "median time of TCP's handshake",
                    f"median {_CONNECT}"),
    _of_connections(
        "connect_p99_ms", "TCP, p99", "99th percentile of times of TCP's handshake",
        f"99th percentile of the {_CONNECT}",
    ),
    _of_connections(
        "handshake_p50_ms", "TLS, p50", "median time of the TLS handshake", f"median {_HANDSHAKE}"
    ),
    _of_connections(
        "handshake_p95_ms", "TLS, p95", "95th percentile of times of the TLS handshake",
        f"95th percentile of the {_HANDSHAKE}",
    ),
    _of_connections(
        "resumed_share", "resumed", "share of resumed TLS sessions",
        "connections that resumed an earlier TLS session / all of them",
        unit="", better=Better.MORE,
    ),
)  # fmt: skip
"""Those of new connections; a server is neither ranked nor compared by them."""

TIMES: Final = (AVERAGE, P50, P90, P95, P99)
OF_LOAD: Final = (THROUGHPUT, *TIMES, CPU)
"""Those of a server under one load."""
OF_PROCESS: Final = (PSS, STARTUP, PSS_IDLE, IDLE_CONNECTION)
"""Those of a server's process, whatever its load."""
FIGURES: Final[Mapping[str, Figure]] = {each.name: each for each in (*OF_LOAD, *OF_PROCESS)}
"""All of them by name, in the order in which files have them."""
