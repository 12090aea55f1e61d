"""Prometheus metrics of all workers of a server together: at /metrics, and off by default.

Each process writes its counts to files in one folder; whichever worker is asked adds them up.
Nothing here imports prometheus_client before `install`: the bare app is what is measured, and the
package reads when it is imported whether it counts for one process or for several.
"""

import os
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PATH: Final = "/metrics"

BUCKETS_S: Final = (
    *(digits / 10**power for power in (6, 5, 4, 3, 2) for digits in (100, 150, 220, 330, 470, 680)),
    10.0,
)
"""The E6 series from 100 µs to 10 s: no bound is more than 1.5 times the one before, so that a
quantile is known to a third; half as wide would double what a scrape reads and Prometheus keeps."""

UNMATCHED: Final = "unmatched"
"""The route of whatever reached none, the documentation's pages included: a path as a label would
let any client make as many time series as it likes."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CACHE_RESULTS: Final = ("hit", "miss", "error")
_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_CLIENT_GONE: Final = 499  # nginx's word for it: nobody waits for the answer any more

_cache_children: "Final[dict[str, Counter]]" = {}

StreamEnd = Literal["complete", "left", "refused", "failed"]
"""How a stream has ended: to its end; its client left, or the server stopped, before that; closed
by the app for what the client sent; by an exception."""
_STREAMS: Final = ("export", "events", "ws")
_streams_open: "Final[dict[str, Gauge]]" = {}
_streams_ended: "Final[dict[tuple[str, str], Counter]]" = {}
_streams_left: "Final[dict[str, Gauge]]" = {}


@dataclass
class CountedStream:
    """A stream that is being sent."""

    end: StreamEnd = "left"


class _Meters(NamedTuple):
    requests: "Counter"
    errors: "Counter"
    duration: "Histogram"
    in_flight: "Gauge"


class _Children(NamedTuple):
    """The counts of one method, route and status, looked up once."""

    requests: "Counter"
    errors: "Counter"
    duration: "Histogram"


def install(app: FastAPI, folder: Path) -> None:
    """Measure every request of `app` and answer /metrics; the counts are kept in `folder`.

    Other servers, and containers, need folders of their own. Call it last: what middleware that is
    added later refuses is not measured. Raises ValueError when this process already counts in
    another folder.
    """
    folder = folder.absolute()
    app.add_middleware(MetricsMiddleware, meters=_meters(folder), folder=folder)


def count_cache(result: str) -> None:
    """Count one look into the cache: hit, miss, or error; nothing happens without metrics.

    Raises KeyError for another word.
    """
    if _cache_children:
        _cache_children[result].inc()


@contextmanager
def counted_stream(kind: str) -> Iterator[CountedStream]:
    """Count a stream as open, and then how it has ended; nothing is counted without metrics."""
    stream = CountedStream()
    if _streams_open:
        _streams_open[kind].inc()
    try:
        yield stream
    except Exception:
        stream.end = "failed"
        raise
    finally:
        if _streams_open:
            _streams_open[kind].dec()
            _streams_ended[kind, stream.end].inc()
            if stream.end == "left":
                _streams_left[kind].set_to_current_time()


class MetricsMiddleware:
    """ASGI middleware that counts and times; a request for /metrics itself is not counted."""

    def __init__(self, app: ASGIApp, meters: _Meters, folder: Path) -> None:
        self._app = app
        self._meters = meters
        self._folder = folder
        self._children: dict[tuple[str, str, int], _Children] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it when it has been answered to the end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == PATH and scope["method"] in {"GET", "HEAD"}:
            await (await run_in_threadpool(_exposition, self._folder))(scope, receive, send)
        else:
            await self._measure(scope, receive, send)

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> None:
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._meters.in_flight.inc()
        begun = perf_counter()
        try:
            await self._app(scope, receive, noting)
        except CancelledError:
            status = _CLIENT_GONE if status is None else status
            raise
        except BaseException:
            status = HTTPStatus.INTERNAL_SERVER_ERROR  # also when it broke off in mid-answer
            raise
        finally:
            self._count(scope, status, perf_counter() - begun)

    def _count(self, scope: Scope, status: int | None, duration_s: float) -> None:
        # Only now: the router, further in, says which route it was.
        route = getattr(scope.get("route"), "path_format", UNMATCHED)
        status = int(status or HTTPStatus.INTERNAL_SERVER_ERROR)
        key = scope["method"], route, status
        children = self._children.get(key) or self._children_of(*key)
        children.requests.inc()
        children.duration.observe(duration_s)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            children.errors.inc()
        self._meters.in_flight.dec()

    def _children_of(self, method: str, route: str, status: int) -> _Children:
        known = method in _METHODS
        label = method if known else "other"
        children = _Children(
            self._meters.requests.labels(label, route, str(status)),
            self._meters.errors.labels(label, route),
            self._meters.duration.labels(label, route),
        )
        if known:  # else any client could fill the memory with words of its own
            self._children[method, route, status] = children
        return children


@cache
def _meters(folder: Path) -> _Meters:
    """Make the metrics of this process: once, however many apps it has."""
    if _meters.cache_info().currsize:
        raise ValueError(f"this process already counts in {os.environ[_FOLDER_VARIABLE]}")
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[_FOLDER_VARIABLE] = str(folder)
    _forget_dead(folder, also=os.getpid())  # a file of this id is a dead namesake's
    # The variable must be set before this import.
    from prometheus_client import (  # noqa: PLC0415
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        values,
    )

    if not values.ValueClass._multiprocess:  # noqa: SLF001 - somebody has imported it before
        values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()  # for what it refuses; a scrape reads the files
    _make_cache_meter(registry)
    _make_stream_meters(registry)
    return _Meters(
        Counter(
            "http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        ),
        Counter(
            "http_request_errors_total",
            "Requests that ended in an exception or a status of 500 or more.",
            ["method", "route"],
            registry=registry,
        ),
        Histogram(
            "http_request_duration_seconds",
            "From the call of the app to the end of its answer.",
            ["method", "route"],
            buckets=BUCKETS_S,
            registry=registry,
        ),
        Gauge(
            "http_requests_in_flight",
            "Requests begun and not ended.",
            multiprocess_mode="livesum",
            registry=registry,
        ),
    )


def _make_cache_meter(registry: "CollectorRegistry") -> None:
    """Make both series at once, as those of streams."""
    from prometheus_client import Counter  # noqa: PLC0415

    requests = Counter(
        "items_cache_requests_total", "Reads of the cache.", ["result"], registry=registry
    )
    _cache_children.update({word: requests.labels(word) for word in _CACHE_RESULTS})


def _make_stream_meters(registry: "CollectorRegistry") -> None:
    """Make every series at once: a first scrape has those that are zero, too."""
    from prometheus_client import Counter, Gauge  # noqa: PLC0415

    is_open = Gauge(
        "items_streams_open",
        "Streams begun and not ended.",
        ["stream"],
        multiprocess_mode="livesum",
        registry=registry,
    )
    ended = Counter(
        "items_streams_ended_total",
        "Streams by how they ended; left: the client went before the end.",
        ["stream", "end"],
        registry=registry,
    )
    left = Gauge(
        "items_streams_left_timestamp_seconds",
        "When the app last ended a stream because its client had left; 0: never.",
        ["stream"],
        multiprocess_mode="max",
        registry=registry,
    )
    for kind in _STREAMS:
        _streams_left[kind] = left.labels(kind)
        _streams_open[kind] = is_open.labels(kind)
        for end in get_args(StreamEnd):
            _streams_ended[kind, end] = ended.labels(kind, end)


def _exposition(folder: Path) -> Response:
    """Add up the files of all processes."""
    from prometheus_client import (  # noqa: PLC0415
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        generate_latest,
    )
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    _forget_dead(folder)
    registry = CollectorRegistry()
    # The package leaves this constructor without types.
    collector: Callable[..., object] = MultiProcessCollector
    collector(registry, str(folder))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _forget_dead(folder: Path, also: int | None = None) -> None:
    """Remove what dead processes had in flight; what they have counted stays true."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if pid == also or not _alive(pid):
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    with suppress(PermissionError):  # it lives, and is another user's
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
