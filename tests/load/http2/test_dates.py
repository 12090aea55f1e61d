"""Answers over HTTP/2 that differ in their date alone: known again, every other byte compared."""

import httpx
import pytest

from bench.load.http2.events import Answered
from bench.load.http2.fields import BLOCKS
from bench.load.http2.frames import Flag, Kind, frame, stream_bytes
from bench.load.loops import ClosedStreams
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import ScriptLine
from bench.load.scripts.stream_script import StreamLine
from bench.workload import Checked, Exchange
from tests.load.http2.loading import framed
from tests.load.http2.peer import answer, block
from tests.load.http2.virtual import VirtualStreamPool, VirtualStreams, world
from tests.load.sending import BODY, exchange, script
from tests.load.virtual import MS

SECONDS = [f"Sun, 06 Nov 1994 08:49:{second:02d} GMT" for second in range(60)]


def fields(date: str, *more: tuple[str, str], status: str = "200") -> bytes:
    """A header block with a date; its length changes with the digits, as they are compressed."""
    return block([(":status", status), ("date", date), ("content-length", "8"), *more])


def answered(date: str) -> Answered:
    """A right answer."""
    raw = answer(1, fields=fields(date))
    number = stream_bytes(1)
    return Answered(0, BLOCKS.learn(fields(date)), BODY, tuple(raw.split(number)), len(BODY))


def two_lines() -> tuple[StreamLine, StreamLine]:
    """Two lines for one server, each with its answer in the first second; the second has come."""
    dates: set[bytes] = set()
    one, other = (StreamLine(ScriptLine(exchange()), "http", dates) for _ in range(2))
    one.remember(answered(SECONDS[0]))
    other.remember(answered(SECONDS[0]))
    other.remember(answered(SECONDS[31]))
    return one, other


def test_an_answer_is_known_by_another_date_that_was_seen() -> None:
    """It is the one that is expected from then on; in the midst of what was read, too."""
    one, other = two_lines()
    raw, number = answer(77, fields=fields(SECONDS[31])), stream_bytes(77)
    assert one.redated(b"before" + raw + b"after", 6, number) == len(raw)
    assert one.seen == other.seen
    assert one.seen is not None
    assert number.join(one.seen) == raw


@pytest.mark.parametrize(
    "raw",
    [
        answer(1, fields=fields(SECONDS[2])),
        answer(1, b'{"id":2}', fields=fields(SECONDS[31])),
        answer(1, fields=fields(SECONDS[31]))[:-1],
        answer(1, fields=fields(SECONDS[31], status="500")),
        answer(1, fields=fields(SECONDS[31], ("x", "y"))),
        frame(Kind.HEADERS, Flag.END_HEADERS, 1, fields(SECONDS[31])),
        frame(Kind.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, fields(SECONDS[31])),
        frame(Kind.DATA, Flag.END_STREAM, 1, BODY),
        b"",
    ],
)
def test_any_other_difference_is_looked_at(raw: bytes) -> None:
    """A date that nobody has had yet among them; what is expected stays as it was."""
    one, _ = two_lines()
    before = one.seen
    assert one.redated(raw, 0, stream_bytes(1)) == 0
    assert one.seen == before


def test_once_a_second_one_answer_is_looked_at_closely() -> None:
    """Of fifty lines, that is; the others are known by it. Blocks are decoded once."""
    asked: list[int] = []

    class Asking(Checked):
        def accepts(self, body: bytes) -> bool:
            asked.append(1)
            return super().accepts(body)

    def exchanges() -> list[Exchange]:
        return [
            Exchange(
                httpx.Request("GET", f"http://127.0.0.1/items/{number}"),
                Asking(lambda r: None if r.content == BODY else "another body"),
            )
            for number in range(50)
        ]

    def serve(connection: VirtualStreams, stream: int, now: int) -> None:
        date = SECONDS[now // (1000 * MS)]
        time.at(now + 20 * MS, connection, answer(stream, fields=fields(date)))

    time, samples = world(), Samples(100_000)
    pool = VirtualStreamPool(time, [8, 8], serve)
    ClosedStreams(pool, framed(script(*exchanges())), samples).run(5000 * MS, 6000 * MS)
    assert samples.used == 16 * 250
    assert set(samples.codes()) == {Code.OK}
    assert len(asked) < 300, "what is in flight when a line is met for the first time, and no more"
