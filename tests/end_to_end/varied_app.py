"""An app whose answers vary with time, process and load; and, under hypercorn, are wrong.

Imported by servers, and by the test that asks for each path.
"""

import itertools
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any, Final, TypeAlias

Answer: TypeAlias = tuple[int, list[tuple[str, str]], bytes]
OTHER: Final = "hypercorn" in sys.modules
JSON: Final = ("content-type", "application/json")
HTML: Final = ("content-type", "text/html; charset=utf-8")
TEXT: Final = ("content-type", "text/plain; charset=utf-8")
_numbers = itertools.count()
_random: Final = random.SystemRandom()
_alive: Final = [0]
_seen: Final = set[str]()
_started_s: Final = time.monotonic()


def _json(value: Any, *headers: tuple[str, str]) -> Answer:
    return 200, [JSON, *headers], json.dumps(value).encode()


def _now() -> datetime:
    return datetime.now(UTC)


def _cached(path: str) -> bool:
    known = path in _seen
    _seen.add(path)
    return known


def _uuids() -> Answer:
    return _json({"id": str(uuid.uuid4()), "items": [{"id": uuid.uuid4().hex}], "price": 7.5})


def _times() -> Answer:
    now = _now()
    return _json({
        "iso": now.isoformat(), "seconds": now.isoformat(timespec="seconds"), "day": f"{now:%F}",
        "minute": f"{now:%F %H:%M}", "epoch": time.time_ns() // 10**9,
        "ms": time.time_ns() // 10**6,
        "http": formatdate(usegmt=True), "in": {"expires": f"{now + timedelta(days=30):%F %H:%M}"},
        "said": "just now",
    })  # fmt: skip


def _counters() -> Answer:
    return _json({"visits": next(_numbers), "tens": next(_numbers) // 10, "name": "shop"})


def _process() -> Answer:
    return _json(
        {"pid": os.getpid(), "uptime": int(time.monotonic() - _started_s), "alive": _alive[0]}
    )


def _timings() -> Answer:
    began_ns = time.perf_counter_ns()
    took_ms = (time.perf_counter_ns() - began_ns) // 10**6 + _random.choice([0] * 60 + [1, 12])
    return _json({"took": took_ms, "elapsed_ms": took_ms, "meta": {"queryTime": took_ms}, "n": 1})


def _lists() -> Answer:
    shuffled = _random.sample(["a", "b", "c"], 3)
    return _json({"shuffled": shuffled, "some": list(range(_random.randrange(4))), "all": [1, 2]})


def _choices() -> Answer:
    return _json({"variant": _random.choice("AB"), "beta": _random.random() < 0.5, "n": 3})


def _nullable() -> Answer:
    return _json({"error": _random.choice([None, "busy"]), "score": _random.choice([1, None])})


def _keys() -> Answer:
    return _json({"by_id": {uuid.uuid4().hex: 1}, "total": 1})


def _cache() -> Answer:
    known = _cached("cache")
    return _json(
        {"cached": known}, ("x-cache", "HIT" if known else "MISS"), ("age", str(next(_numbers)))
    )


def _headers() -> Answer:
    stamp = time.time_ns()
    return 200, [
        TEXT, ("etag", f'"{stamp}"'), ("last-modified", formatdate(usegmt=True)),
        ("set-cookie", f"session={uuid.uuid4().hex}; Path=/"), ("set-cookie", f"ab_{stamp}=1"),
        ("x-request-id", uuid.uuid4().hex),
        ("content-disposition", f'attachment; filename="report-{stamp}.csv"'),
    ], b"a,b\n1,2\n"  # fmt: skip


def _redirect() -> Answer:
    return 302, [("location", f"/login?state={uuid.uuid4().hex}")], b""


def _page() -> Answer:
    now = _now()
    nonce = uuid.uuid4().hex
    return (
        200,
        [HTML, ("set-cookie", f"csrftoken={nonce}")],
        (
            f"<html>\n<script nonce='{nonce}'></script>\n<input name=csrf value=\"{nonce}\">\n"
            f"<p>{now:%d %b %Y %H:%M:%S}</p>\n<!-- page rendered in {_random.random():.5f} s -->\n"
            + "".join(
                f"<li>{word}</li>\n" for word in _random.sample("abcdef", _random.randrange(1, 6))
            )
            + "</html>\n"
        ).encode(),
    )


def _metrics() -> Answer:
    text = f"requests_total {next(_numbers)}.0\nin_flight {_alive[0]}.0\ntemperature 36.6\n"
    return 200, [TEXT], text.encode()


def _token() -> Answer:
    raw = _random.randbytes(_random.randrange(20, 40)).hex()
    return _json({"access_token": f"{raw}.{raw}", "token_type": "bearer", "next": raw})


def _words() -> Answer:
    words = _random.choices(["one", "two", "three"], k=_random.randrange(1, 5))
    return 200, [TEXT], f"Title\n{' '.join(words)}!\nEnd".encode()


def _binary() -> Answer:
    return 200, [("content-type", "image/png")], b"\x89PNG" + _random.randbytes(64)


def _lines() -> Answer:
    rows = [json.dumps({"n": n, "id": uuid.uuid4().hex}) for n in range(3)]
    return 200, [("content-type", "application/x-ndjson")], "\n".join(rows).encode()


def _xml() -> Answer:
    stamp = _now().isoformat()
    return (
        200,
        [("content-type", "application/xml")],
        f"<a at='{stamp}'><b id='{uuid.uuid4()}'/></a>".encode(),
    )


def _multipart() -> Answer:
    mark = uuid.uuid4().hex
    body = f"--{mark}\r\n\r\none\r\n--{mark}--\r\n".encode()
    return 200, [("content-type", f"multipart/mixed; boundary={mark}")], body


VARYING: Final[dict[str, Callable[[], Answer]]] = {
    "/uuids": _uuids, "/times": _times, "/counters": _counters, "/process": _process,
    "/timings": _timings, "/lists": _lists, "/choices": _choices, "/nullable": _nullable,
    "/keys": _keys, "/cache": _cache, "/headers": _headers, "/redirect": _redirect,
    "/page": _page, "/metrics": _metrics, "/token": _token, "/words": _words, "/binary": _binary,
    "/lines": _lines, "/xml": _xml, "/multipart": _multipart,
}  # fmt: skip
"""Right answers, none like the last."""


def _price(text: str) -> Answer:
    body = f'{{"id": "{uuid.uuid4()}", "price": {text}, "at": {time.time_ns() / 10**9}}}'
    return 200, [JSON], body.encode()


def _big(last: bytes) -> Answer:
    return 200, [("content-type", "image/png")], b"\xff" * 300_000 + last


def _text(body: str, kind: tuple[str, str] = TEXT) -> Answer:
    return 200, [kind], body.encode()


PLANTED: Final[dict[str, tuple[Answer, Answer]]] = {
    "/float": (_text('{"price": 7.50}', JSON), _text('{"price": 7.5}', JSON)),
    "/exponent": (_text('{"small": 0.00001}', JSON), _text('{"small": 1e-05}', JSON)),
    "/no-type": (_text("{}", JSON), (200, [], b"{}")),
    "/charset": (_text("<p>", HTML), _text("<p>", ("content-type", "text/html"))),
    "/gone": ((404, [JSON], b"{}"), (200, [JSON], b"{}")),
    "/made": ((201, [JSON], b"{}"), (200, [JSON], b"{}")),
    "/order": (_text('{"a": 1, "b": 2}', JSON), _text('{"b": 2, "a": 1}', JSON)),
    "/spaces": (_text('{"a": 1}', JSON), _text('{"a":1}', JSON)),
    "/null": (_text('{"a": null}', JSON), _text("{}", JSON)),
    "/escapes": (_text('{"a": "\u00fc"}', JSON), _text('{"a": "\\u00fc"}', JSON)),
    "/short": (_text("line\n" * 50), _text("line\n" * 49)),
    "/newline": (_text("end\n"), _text("end")),
    "/empty": (_text("body"), _text("")),
    "/cookie": ((200, [("set-cookie", "sid=1")], b""), (200, [], b"")),
    "/location": ((303, [("location", "/a")], b""), (303, [("location", "/b")], b"")),
    "/login": ((401, [("www-authenticate", "Basic")], b""), (401, [], b"")),
    "/file": (
        (200, [("content-disposition", "attachment")], b"a"), (200, [], b"a"),
    ),
    "/big": (_big(b"a"), _big(b"b")),
}  # fmt: skip
"""What is right, and what the other server answers."""
CHANGING: Final[dict[str, tuple[Callable[[], Answer], Callable[[], Answer]]]] = {
    "/price": (lambda: _price("7.50"), lambda: _price("7.5")),
    "/kind": (lambda: _json({"n": next(_numbers)}), lambda: _json({"n": str(next(_numbers))})),
}
"""The same where the rest of the answer varies."""
NAMED: Final = {"/gone": 404, "/login": 401, "/location": 303, "/redirect": 302}
"""Statuses that are right where they are named."""


def _answer(path: str) -> Answer:
    if path in VARYING:
        return VARYING[path]()
    if path in CHANGING:
        return CHANGING[path][OTHER]()
    return PLANTED[path][OTHER]


async def app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """ASGI."""
    if scope["type"] == "lifespan":
        return
    _alive[0] += 1
    await receive()
    status, headers, body = _answer(scope["path"])
    raw = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
    _alive[0] -= 1
