"""Answers that differ in their date alone: known again, and every other byte still compared."""

from collections import Counter

import httpx
import pytest

from bench.load.loops import ClosedLoop
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import ScriptLine
from bench.workload import Checked, Exchange
from tests.load.sending import BODY, exchange, script
from tests.load.virtual import MS, VirtualConnection, VirtualPool, World

SECONDS = [b"Sun, 06 Nov 1994 08:49:%02d GMT" % second for second in range(60)]


def dated(date: bytes, body: bytes = BODY, name: bytes = b"date") -> bytes:
    """A response that has a date."""
    head = b"HTTP/1.1 200 OK\r\n%b: %b\r\ncontent-length: %d\r\n\r\n" % (name, date, len(body))
    return head + body


def two_lines() -> tuple[ScriptLine, ScriptLine]:
    """Two lines for one server, each with its answer in the first second; the second has come."""
    dates: set[bytes] = set()
    one, other = (ScriptLine(exchange(), dates=dates) for _ in range(2))
    for line in (one, other):
        line.remember(dated(SECONDS[0]))
    other.remember(dated(SECONDS[1]))
    return one, other


@pytest.mark.parametrize("name", [b"date", b"Date"])
def test_an_answer_is_known_by_another_date_that_was_seen(name: bytes) -> None:
    """It is the one that is expected from then on."""
    one, other = ScriptLine(exchange()), ScriptLine(exchange())
    one._dates = other._dates
    one.remember(dated(SECONDS[0], name=name))
    other.remember(dated(SECONDS[1], name=name))
    assert one.redated(dated(SECONDS[1], name=name))
    assert one.seen == dated(SECONDS[1], name=name)


@pytest.mark.parametrize(
    "response",
    [
        dated(SECONDS[2]),
        dated(SECONDS[1], b'{"id":2}'),
        dated(SECONDS[1]) + b"x",
        dated(SECONDS[1])[:-1],
        dated(SECONDS[1]).replace(b"200 OK", b"500 OK"),
        dated(SECONDS[1]).replace(b"date: ", b"data: "),
        dated(b"\r\nset-cookie: a=b; path=/; x=y"[:29]),
        b"",
    ],
)
def test_any_other_difference_is_looked_at(response: bytes) -> None:
    """A date that nobody has had yet among them; what is expected stays as it was."""
    one, _ = two_lines()
    assert not one.redated(response)
    assert one.seen == dated(SECONDS[0])


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\ncontent-length: 39\r\n\r\n\r\ndate: " + SECONDS[0] + b"\r\n",
    ],
)
def test_an_answer_without_a_date_is_known_by_all_its_bytes(response: bytes) -> None:
    """What looks like a date in a body is none."""
    line = ScriptLine(exchange())
    line.remember(response)
    assert not line.redated(response.replace(SECONDS[0], SECONDS[1]))


def test_the_dates_that_are_kept_are_few() -> None:
    """A server that never repeats one does not fill the memory."""
    dates: set[bytes] = set()
    line = ScriptLine(exchange(), dates=dates)
    for date in SECONDS:
        line.remember(dated(date))
    assert SECONDS[-1] in dates
    assert len(dates) <= 8


class Counting(Checked):
    """A right answer is BODY; it counts how often it is asked by bytes."""

    def __init__(self) -> None:
        super().__init__(lambda response: None if response.content == BODY else "another body")
        self.asked = 0
        known = self.accepts

        def accepts(body: bytes) -> bool:
            self.asked += 1
            return known(body)

        self.accepts = accepts


def load(answers: list[Counting], late: bytes = BODY) -> dict[Code, int]:
    """Ten seconds in which every request takes 10 ms; from the sixth on the body is `late`."""

    def serve(connection: VirtualConnection, now: int) -> None:
        second = (now + 10 * MS) // (1000 * MS)
        response = dated(SECONDS[second], late if second > 5 else BODY)
        connection.world.at(now + 10 * MS, connection, response)

    exchanges = [
        Exchange(httpx.Request("GET", f"http://127.0.0.1/items/{number}"), answer)
        for number, answer in enumerate(answers)
    ]
    samples = Samples(10_000)
    lines = script(*exchanges).sequence_from(0)
    ClosedLoop(VirtualPool(World(serve), 4), lines, samples).run(9_900 * MS, 9_999 * MS)
    return {Code(code): n for code, n in Counter(samples.codes().tolist()).items()}


def test_a_new_second_is_looked_at_once_not_once_a_line() -> None:
    """Each line's first answer, and one of each second after; two of four may come together."""
    answers = [Counting() for _ in range(10)]
    assert load(answers) == {Code.OK: 3960}
    assert 10 + 9 <= sum(answer.asked for answer in answers) <= 10 + 9 * 4


def test_a_wrong_body_is_seen_whatever_the_date() -> None:
    """From the moment it comes, each time."""
    found = load([Counting() for _ in range(10)], late=b'{"id":2}')
    assert set(found) == {Code.OK, Code.WRONG_BODY}
    assert found[Code.WRONG_BODY] == pytest.approx(4 * 390, abs=8)
