"""What was answered is demanded; what varies from one answer to the next is not."""

import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from bench.workloads.recorded.answer import (
    Demanded,
    RecordedAnswer,
    SeenAnswer,
    from_json,
    recorded,
)
from bench.workloads.recorded.changing import tells_time
from bench.workloads.requests.plain_request import PlainRequest

NOW_S = 1_795_960_000.0
TRIES = 20
REQUEST = PlainRequest("/x?token=of-a-query", headers=(("Authorization", "Bearer of-a-header"),))
JSON = "application/json"


def now(later_s: float = 0.0) -> datetime:
    """A time after that of the recording."""
    return datetime.fromtimestamp(NOW_S + later_s, UTC)


def response(body: str | bytes, kind: str = JSON, status: int = 200, **more: str) -> httpx.Response:
    """An answer with a body."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("cookie", "set-cookie"): value for name, value in more.items()}
    return httpx.Response(status, headers={"Content-Type": kind, **named}, content=content)


def url(port: int) -> httpx.URL:
    """Where a server is asked."""
    return httpx.URL(f"http://127.0.0.1:{port}")


def on_record(*answers: httpx.Response) -> RecordedAnswer:
    """What several answers have in common, each by a server at another port, read from a file."""
    seen = [
        SeenAnswer.of(answer, REQUEST.marks(url(8001 + number)))
        for number, answer in enumerate(answers)
    ]
    found = recorded("uvicorn", seen, tells_time(NOW_S))
    again = from_json(json.loads(json.dumps(found.written)))
    assert found == again
    return found


def demanded(*answers: httpx.Response, port: int = 9000) -> Demanded:
    """The same as it is demanded of a server."""
    return Demanded(on_record(*answers), REQUEST.marks(url(port)))


def three(body: Callable[[int], str], kind: str = JSON) -> Demanded:
    """Demand what three askings have in common."""
    return demanded(*(response(body(number), kind) for number in range(3)))


PLAIN = '{"sku": "tea", "price": 7.50, "tags": ["a", "b"], "stock": null}'


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('{"sku": "tea", "price": 7.5, "tags": ["a", "b"], "stock": null}',
         r"at \$\.price: .*7\.50, .* from uvicorn, here .*7\.5, "),
        ('{"sku": "tea", "price": 7.50, "tags": ["a", "c"], "stock": null}', r"at \$\.tags\[1\]: "),
        ('{"sku": "tea", "price": 7.50, "tags": ["a", "b"]}', r"at \$: "),
        ('{"sku":"tea","price":7.50,"tags":["a","b"],"stock":null}', r"at \$\.?"),
        (PLAIN + " ", "at "),
        ("", "at line 1: "),
        (b"\xff\xfe", "a body that is no text"),
    ],
)  # fmt: skip
def test_another_body(wrong: str | bytes, said: str) -> None:
    """Byte for byte, in 20 of 20; where in the JSON it differs is said."""
    right = three(lambda _: PLAIN)
    assert right.fault(response(PLAIN)) is None
    for _ in range(TRIES):
        content = wrong.encode() if isinstance(wrong, str) else wrong
        assert not right.accepts(content)
        found = right.fault(response(wrong))
        assert found is not None
        assert re.search(said, found), found


def test_a_missing_header() -> None:
    """A client goes by the type; it is named with what the baseline gave."""
    right = three(lambda _: PLAIN)
    bare = httpx.Response(200, content=PLAIN.encode())
    for _ in range(TRIES):
        assert (
            right.fault(bare) == "no header content-type: uvicorn answered with 'application/json'"
        )
    other = right.fault(response(PLAIN, "text/html"))
    assert other == "header content-type is 'text/html': uvicorn answered with 'application/json'"


def test_a_header_written_otherwise_is_the_same() -> None:
    """Spaces and capitals of a charset mean nothing."""
    right = three(lambda _: PLAIN, "text/html; charset=utf-8")
    assert right.fault(response(PLAIN, "Text/HTML;charset=UTF-8")) is None


def test_where_a_redirect_leads() -> None:
    """To the server's own address, whichever that is, or to another."""
    answers = [
        response("", status=307, location=f"http://127.0.0.1:{8001 + n}/y") for n in range(3)
    ]
    right = demanded(*answers)
    assert right.status == 307
    assert right.fault(response("", status=307, location="http://127.0.0.1:9000/y")) is None
    wrong = right.fault(response("", status=307, location="http://127.0.0.1:9001/y"))
    assert wrong is not None
    assert "uvicorn answered with 'http://127.0.0.1:9000/y'" in wrong


def test_a_cookie_that_is_not_set() -> None:
    """Names are demanded, and no value."""
    answers = [response("", cookie=f"session={n}; Path=/") for n in range(3)]
    right = demanded(*answers)
    assert right.fault(response("", cookie="session=other")) is None
    assert right.fault(response("")) == "no cookie 'session' is set, as uvicorn set it"


def changing() -> Iterator[tuple[str, Callable[[int], str]]]:
    """Bodies of which no two are alike; by name. Numbers are of the asking, 100 apart in time."""
    counter = itertools.count()
    yield "uuid", lambda _: json.dumps({"id": str(uuid.uuid4()), "a": 1})
    yield "counter", lambda _: json.dumps({"n": next(counter), "a": 1})
    yield "list", lambda n: json.dumps({"items": list(range(n)), "a": 1})
    yield "kind", lambda n: json.dumps({"at": None if n % 2 else n, "a": 1})
    yield "nested", lambda n: json.dumps([{"deep": [{"n": n}, 2]}, "b"])
    yield "escaped", lambda n: json.dumps({"s": 'a"\\\n' * (n + 1), "b": "]"})
    yield "html", lambda n: f"<p>Hello</p>\n<input value='{uuid.uuid4()}'>\n<p>{n}</p>\n"
    yield "lines", lambda n: "begin\n" + "".join(f"row {uuid.uuid4()}\n" * n) + "end\n"
    yield "words", lambda n: f"one {' '.join(['more'] * n)}\n"
    yield "ordered", lambda n: json.dumps({"a": 1, "b": 2} if n % 2 else {"b": 2, "a": 1})


@pytest.mark.parametrize(("name", "body"), list(changing()))
def test_what_varies_raises_no_alarm(name: str, body: Callable[[int], str]) -> None:
    """In 20 of 20, whether it is recognised or looked at closely."""
    kind = "text/plain" if name in {"html", "lines", "words"} else JSON
    right = three(body, kind)
    for number in range(TRIES):
        text = body(number)
        answer = response(text, kind)
        assert right.fault(answer) is None, text
        assert [right.accepts(text.encode()) for _ in range(3)].count(False) <= 1


def times() -> Iterator[Callable[[float], str]]:
    """How an app tells the time, by seconds after the recording."""
    yield lambda s: json.dumps({"at": now(s).isoformat()})
    yield lambda s: json.dumps({"at": now(s).strftime("%Y-%m-%d %H:%M:%S")})
    yield lambda s: json.dumps({"day": now(s).strftime("%Y-%m-%d")})
    yield lambda s: json.dumps({"at": format_datetime(now(s), usegmt=True)})
    yield lambda s: json.dumps({"at": int(NOW_S + s)})
    yield lambda s: json.dumps({"at": NOW_S + s})
    yield lambda s: json.dumps({"at": int((NOW_S + s) * 1000)})
    yield lambda s: f"<p>It is {now(s):%H:%M:%S}</p>"
    yield lambda s: f"<p>It is {now(s):%Y-%m-%dT%H:%M}</p>"


@pytest.mark.parametrize("body", list(times()))
def test_times_that_were_the_same_three_times_raise_no_alarm(body: Callable[[float], str]) -> None:
    """All were asked within a second: that it is a time is seen by what it says."""
    kind = JSON if body(0).startswith("{") else "text/html"
    right = three(lambda _: body(0), kind)
    for number in range(TRIES):
        assert right.fault(response(body(number * 17.0), kind)) is None


def test_other_dates_are_demanded() -> None:
    """A birthday does not vary, nor does a price that looks like a year."""
    right = three(lambda _: '{"born": "1990-11-29", "n": 1234567890, "t": "10:15:00"}')
    assert right.fault(response('{"born": "1990-11-30", "n": 1234567890, "t": "10:15:00"}'))
    assert right.fault(response('{"born": "1990-11-29", "n": 1234567891, "t": "10:15:00"}'))


def test_a_gap_has_a_kind() -> None:
    """A number may be another number, and no text."""
    right = three(lambda n: json.dumps({"n": n, "a": 1}))
    assert right.fault(response('{"n": 17.5e3, "a": 1}')) is None
    found = right.fault(response('{"n": "17", "a": 1}'))
    assert found is not None
    assert found.startswith("at $.n: ")


def test_a_servers_own_address_is_its_own() -> None:
    """Links to itself are those of the server that is asked."""
    answers = [response(f'{{"next": "http://127.0.0.1:{8001 + n}/x"}}') for n in range(3)]
    right = demanded(*answers, port=9000)
    assert right.fault(response('{"next": "http://127.0.0.1:9000/x"}')) is None
    assert right.fault(response('{"next": "http://127.0.0.1:8001/x"}')) is not None


def test_secrets_are_demanded_and_not_recorded() -> None:
    """They come back in answers; a token that an app makes may be any."""
    body = '{"you": "Bearer of-a-header", "query": "of-a-query", "token": "abc", "a": 1}'
    found = on_record(*(response(body) for _ in range(3)))
    written = json.dumps(found.written)
    assert not any(secret in written for secret in ("of-a-header", "of-a-query", "abc"))
    right = Demanded(found, REQUEST.marks(url(9000)))
    assert right.fault(response(body)) is None
    assert right.fault(response(body.replace("abc", "another"))) is None
    wrong = right.fault(response(body.replace("of-a-query", "nothing")))
    assert wrong is not None
    assert "of-a-header" not in wrong


def test_long_bodies_and_bytes() -> None:
    """By length and digest; what differs from one to the next is not demanded."""
    long = "x" * 300_000
    right = three(lambda _: long, "text/plain")
    assert right.fault(response(long, "text/plain")) is None
    said = right.fault(response(long[:-1], "text/plain"))
    assert said == "299,999 bytes: uvicorn answered with 300,000"
    assert right.fault(response(long[:-1] + "y", "text/plain")) is not None
    image = demanded(*(response(b"\x89PNG\xff", "image/png") for _ in range(3)))
    assert image.fault(response(b"\x89PNG\xfe", "image/png")) is not None
    noise = demanded(*(response(bytes([0xFF, n]), "image/png") for n in range(3)))
    assert noise.fault(response(b"\xffz", "image/png")) is None


def test_the_status_alone() -> None:
    """--check status."""
    right = Demanded(on_record(response(PLAIN)).bare, REQUEST.marks(url(9000)))
    assert right.fault(response("other", "text/html")) is None


def test_a_known_body_with_another_head_is_looked_at() -> None:
    """A header that is missing once in a while is missed each time; what may vary costs nothing."""
    right = three(lambda _: PLAIN)
    known = response(PLAIN, etag="a", cookie="sid=1")
    assert not right.accepts_head(known.headers.raw)
    assert right.fault(known) is None
    assert right.accepts(PLAIN.encode())
    again = response(PLAIN, etag="b", cookie="sid=2")
    assert right.accepts_head(again.headers.raw)
    assert not right.accepts_head(response(PLAIN, "text/html").headers.raw)
    assert not right.accepts_head(())
    assert not right.accepts_head(response(PLAIN, cookie="other=1").headers.raw)


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("elapsed", True), ("elapsed_ms", True), ("took", True), ("queryTime", True),
        ("process-time", True), ("uptime_seconds", True), ("responseTimeMs", True),
        ("price", False), ("time", False), ("duration_ms", False), ("response", False),
        ("requests", False), ("Stock", False), ("items", False), ("serverName", False),
    ],
)  # fmt: skip
def test_what_an_app_measures_of_itself(name: str, measured: bool) -> None:  # noqa: FBT001
    """It is 0 while nothing else is asked, and another under load: its kind alone is demanded."""
    right = three(lambda _: f'{{"{name}": 0}}')
    assert (right.fault(response(f'{{"{name}": 17}}')) is None) is measured
    assert right.fault(response(f'{{"{name}": "0"}}')) is not None


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("text/plain; version=0.0.4; charset=utf-8", False),
        ("text/plain; charset=utf-8; version=1.0.0", False),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", False),
        ("text/plain; charset=utf-8", True),
    ],
)
def test_metrics_for_prometheus(kind: str, fault: bool) -> None:  # noqa: FBT001
    """Counters that stood still while they were recorded, and will not under load."""
    text = '# TYPE python_gc_collections counter\npython_gc_collections{{generation="0"}} {}\n'
    found = three(lambda _: text.format(62), kind).fault(response(text.format(63), kind))
    assert (found is not None) is fault


def test_times_of_other_days() -> None:
    """In 30 days, to the minute; and said in words. A date of its own stays."""
    tells = tells_time(NOW_S)
    assert tells(f"{now() + timedelta(days=30):%Y-%m-%d %H:%M}")
    assert tells(f"{now() - timedelta(days=700):%Y-%m-%dT%H:%M:%SZ}")
    assert tells("just now")
    assert tells("3 minutes ago")
    assert not tells(f"{now() + timedelta(days=30, hours=2, minutes=7):%Y-%m-%d %H:%M}")
    assert not tells("2019-05-04")
    assert not tells("2019-05-04 x")
    assert not tells("agora")


def test_time_zones() -> None:
    """A time of day is about now in any zone."""
    tells = tells_time(NOW_S)
    for hours in range(-12, 14):
        assert tells(f"{now() + timedelta(hours=hours):%H:%M:%S}")
    assert not tells("")
    assert not tells("x" * 100)
