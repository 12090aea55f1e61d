"""What becomes of each form of a workload: a set, a stream, sequences; and what is refused."""

from itertools import islice
from pathlib import Path

import pytest

from bench.errors import AskedError, UsageError
from bench.load.order import Shard
from bench.load.scripts import user_code
from bench.load.scripts.compiled import Compiled, Compiler
from bench.load.scripts.script import MOST, Script
from bench.load.scripts.supply import Stream
from bench.load.scripts.user_code import NOWHERE, tried
from tests.load.said import bodies, line_of, noting, paths, written
from tests.load.server import serving

SIGN_UP = """
def exchanges(base_url):
    yield get(base_url, "/up", weight=0)
    for _ in range(10):
        yield post(base_url, str(uuid.uuid4()))
"""
NUMBERED = """
def exchange(base_url, number):
    return post(base_url, f"u{number}")
"""
ENDLESS = """
def exchanges(base_url):
    for number in itertools.count():
        yield post(base_url, f"u{number}")
"""


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never ends is known as such after some hundred requests."""
    monkeypatch.setattr("bench.load.scripts.compiled.MOST", 500)


def first(compiled: Compiled, most: int) -> list[str]:
    """Bodies of the first requests of a stream."""
    assert isinstance(compiled, Stream)
    found = [compiled.take().wire for _ in range(most)]
    return [body.decode() for body in bodies(found)]


def test_a_set_of_requests_may_be_large(tmp_path: Path) -> None:
    """Each of 10,000 is sent, as often as any other but for one."""
    assert MOST >= 10_000
    text = "def exchanges(base_url):\n    return [get(base_url, '/')] * 10_000"
    made = Compiler()
    path = written(tmp_path, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.load.scripts.compiled.MOST", MOST)
        found = made.compile(path, NOWHERE, 1)
    assert isinstance(found, Script)
    lines = found.sequence_from(0)
    assert len(set(map(id, lines))) == 10_000
    assert len(lines) == 16_384


def test_a_generator_without_end_is_a_stream(tmp_path: Path) -> None:
    """Each exchange is sent once, in the order in which it was yielded."""
    found = Compiler().compile(written(tmp_path, ENDLESS), NOWHERE, 1)
    assert first(found, 1000) == [f"u{number}" for number in range(1000)]


def test_what_is_known_to_have_no_end_is_not_looked_at_again(tmp_path: Path) -> None:
    """Of a second server only as much is made as is needed."""
    made, path = Compiler(), written(tmp_path, ENDLESS + "        print('made')")
    made.compile(path, NOWHERE, 1)
    Path(path).write_text(
        Path(path).read_text(encoding="utf-8").replace("print('made')", "if number: 1 / 0"),
        encoding="utf-8",
    )
    assert first(made.compile(path, NOWHERE, 1), 1) == ["u0"]


def test_a_long_set_is_sent_from_the_beginning_when_it_is_over(tmp_path: Path) -> None:
    """It is not kept: the workload is called again."""
    text = "def exchanges(base_url):\n    return (post(base_url, f'u{n}') for n in range(700))"
    found = Compiler().compile(written(tmp_path, text), NOWHERE, 1)
    assert first(found, 1400) == 2 * [f"u{n}" for n in range(700)]


def test_weights_of_a_stream_are_numbers_of_times(tmp_path: Path) -> None:
    """What has weight 0 is not sent."""
    text = ENDLESS.replace('f"u{number}")', 'f"u{number}", weight=number % 3)')
    found = Compiler().compile(written(tmp_path, text), NOWHERE, 1)
    assert first(found, 6) == ["u1", "u2", "u2", "u4", "u5", "u5"]


def test_a_set_that_is_another_at_each_call_is_never_sent_twice(tmp_path: Path) -> None:
    """Where it changes something: a sign-up succeeds once."""
    found = first(Compiler().compile(written(tmp_path, SIGN_UP), NOWHERE, 1), 200)
    assert len(set(found)) == 200


@pytest.mark.parametrize(
    "exchange",
    [
        "get(base_url, f'/{uuid.uuid4()}')",
        "post(base_url, 'the same')",
        "post(base_url, str(base_url))",
        "Exchange(httpx.Request('POST', base_url, files={'a': b'1'}), right())",
    ],
)
def test_a_set_that_changes_nothing_anew_is_sent_over_and_over(
    tmp_path: Path, exchange: str
) -> None:
    """Reads may repeat; and neither the server's address nor a boundary makes a request another."""
    path = written(tmp_path, f"def exchanges(base_url):\n    yield {exchange}")
    assert isinstance(Compiler().compile(path, "http://127.0.0.1:12345", 1), Script)


def test_each_number_is_given_once(tmp_path: Path) -> None:
    """To whichever server: they may share a database."""
    made, path = Compiler(first_number=7), written(tmp_path, NUMBERED)
    one, other = (made.compile(path, NOWHERE, 1) for _ in range(2))
    found = first(one, 10) + first(other, 10) + first(one, 10)
    assert len(set(found)) == 30
    assert min(found) >= "u10"


@pytest.mark.parametrize("text", [NUMBERED, ENDLESS])
def test_generators_that_share_a_load_send_nothing_twice(tmp_path: Path, text: str) -> None:
    """Between them they send all."""
    path = written(tmp_path, text)
    one, other = (
        first(Compiler(Shard(index, 2)).compile(path, NOWHERE, 1), 50) for index in (0, 1)
    )
    assert sorted(one + other) == sorted(f"u{number}" for number in range(100))


def test_a_workload_may_ask_the_server_first(tmp_path: Path) -> None:
    """It is called once, when the server is there; before, nothing is known of it."""
    text = (
        "def exchanges(base_url):\n"
        "    made = httpx.post(base_url.join('/new'), content='7').text\n"
        "    yield post(base_url, f'about {made}')"
    )
    path = written(tmp_path, text)
    seen: list[bytes] = []
    assert tried(path) == []
    with serving(noting(seen)) as served:
        found = Compiler().compile(path, served.url, 1)
    assert isinstance(found, Script)
    assert bodies([line.wire for line in found.lines]) == [b"about 7"]
    assert paths(seen) == ["/new"]


@pytest.mark.parametrize(
    "ask",
    [
        "httpx.post(base_url)",
        "httpx.get(base_url).raise_for_status()",
        "__import__('urllib.request').request.urlopen(str(base_url))",
        "__import__('socket').create_connection((base_url.host, base_url.port))",
    ],
)
def test_a_server_that_does_not_answer_the_workload_is_told_apart(tmp_path: Path, ask: str) -> None:
    """It is no fault of the workload's."""
    path = written(tmp_path, f"def exchanges(base_url):\n    {ask}\n    yield 1")
    with pytest.raises(AskedError, match=r"sends requests before .* \(load.py, line \d+\)$"):
        Compiler().compile(path, NOWHERE, 1)


@pytest.mark.parametrize(
    ("text", "reason", "marked"),
    [
        ("def exchanges(b):\n    yield 1 / 0", "ZeroDivisionError: division by zero", "1 / 0"),
        ("def exchanges(b):\n    open('none.csv')", "FileNotFoundError: [Errno 2]", "none.csv"),
        ("def exchanges(b):\n    yield 'GET /'", "yields a str, not bench.workload", "'GET /'"),
        ("def exchanges(b):\n    return None", "TypeError: 'NoneType' object is not", "def ex"),
        ("def exchanges(b):\n    return []", "no exchanges of positive weight", "def exchanges"),
        ("def exchanges(b, c):\n    yield 1", "TypeError: exchanges() missing 1", "def exchanges"),
        ("def exchanges(b):\n    yield Exchange('/', right())", "request is a str", "'/'"),
        ("def exchanges(b):\n    yield Exchange(get(b, '/').request, 200)",
         "answer is a int", ", 200"),
        ("def exchanges(b):\n    yield get(b, '/', weight='x')", "one has 'x'", "weight="),
        ("def exchanges(b):\n    yield get(b, '/', think_s=-1)", "think_s is -1: give", "think_s="),
        ("def exchange(b, n):\n    return 5", "yields a int", "def exchange("),
        ("def exchange(b, n):\n    raise KeyError(n)", "KeyError", "raise"),
        ("def sequence(b, n):\n    yield 5", "yields a int", "yield 5"),
        ("def sequence(b, n):\n    return get(b, '/')", "it must yield each request", "def seq"),
        ("def sequence(b, n):\n    if n < 0: yield", "has no exchanges of positive", "def seq"),
        ("def websocket(b):\n    return 5", "returns a int: it must return a", "def websocket"),
        ("def websocket(b):\n    return ws(1 / 0)", "ZeroDivisionError", "1 / 0"),
        ("def websocket(b):\n    return ws()", "no exchanges of positive weight", "def websocket"),
        ("def websocket(b):\n    return WebSocket('/', 5)", "TypeError: 'int' object",
         "def websocket"),
        ("def websocket(b):\n    return WebSocket('/', (1 / n for n in [0]))",
         "ZeroDivisionError", "1 / n"),
        ("def websocket(b):\n    return ws(Message('a', 'b'), url=5)", "url or headers",
         "def websocket"),
        ("def websocket(b):\n    return ws(Message('a', 'b'), headers=5)", "or headers",
         "def websocket"),
        ("def websocket(b):\n    return ws(Message('a', 'b'), headers={'Upgrade': 'x'})",
         "the header upgrade of a WebSocket is not yours", "def websocket"),
        ("def websocket(b):\n    return ws('a')", "messages hold a str, not", "def websocket"),
        ("def websocket(b):\n    return ws(Message(1, 'a'))", "content is a int", "def websocket"),
        ("def websocket(b):\n    return ws(Message('a', 1))", "answer is a int", "def websocket"),
        ("def websocket(b):\n    return ws(Message('a', []))", "has 0 messages", "def websocket"),
        ("def websocket(b):\n    return ws(Message('a', 'b', -1))", "one has -1", "def websocket"),
        ("def exchanges(b):\n    while True: pass", "has not returned within", "while True"),
        ("def exchanges(b):\n    yield get(b, '/', weight=0)", "exchanges of positive", "def ex"),
        ("def exchanges(b):\n    yield httpx.get('/x')", "UnsupportedProtocol", "httpx.get"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_workload_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str, marked: str
) -> None:
    """Before there is a server, with the file's name and the line."""
    monkeypatch.setattr(user_code, "PATIENCE_S", 0.3 if "while True" in text else 60.0)
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        tried(path)
    message = str(refused.value)
    assert message.startswith(f"workload '{path}' ")
    assert reason in message
    assert f"(load.py, line {line_of(path, marked)})" in message
    assert "\n" not in message


def test_a_workload_is_of_one_form(tmp_path: Path) -> None:
    """Of two functions nobody knows which is meant."""
    with pytest.raises(
        UsageError, match=r"has exchanges\(base_url\) and exchange\(base_url, number"
    ):
        tried(written(tmp_path, NUMBERED + ENDLESS))


@pytest.mark.parametrize("content", [b"\0\1\2", b"\xff\xfe\x00", b"def exchanges(:\n", b"1 +"])
def test_a_file_that_is_no_python_is_one_line(tmp_path: Path, content: bytes) -> None:
    """Whatever is in it."""
    path = tmp_path / "load.py"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"^workload '.*' cannot be imported: [^\n]*$"):
        tried(str(path))


def test_of_a_workload_without_end_the_first_exchanges_are_known(tmp_path: Path) -> None:
    """Without a server; of a sequence, the first step."""
    numbers = [
        exchange.request.content for exchange in islice(tried(written(tmp_path, NUMBERED)), 3)
    ]
    assert numbers == [b"u0", b"u1", b"u2"]
    [step] = tried(written(tmp_path, "def sequence(b, n):\n    yield get(b, '/')\n    1 / 0"))
    assert step.request.method == "GET"
