"""A workload compiled: what is sent how often, and how answers are judged."""

import gzip
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.http1.wire import Head
from bench.load.net import answer as answer_module
from bench.load.reckoning.samples import Code
from bench.load.scripts.compiled import compiled
from bench.load.scripts.script import LENGTH, Script, ScriptLine
from tests.load.sending import BODY, exchange

OK_HEAD = Head(200, len(BODY), keep_alive=True, headers=())


def counts(script: Script) -> list[int]:
    """How often each line is sent."""
    sent = Counter(id(line) for line in script.sequence_from(0))
    return [sent[id(line)] for line in script.lines]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any))
def test_exchanges_are_sent_by_weight(weights: list[int]) -> None:
    """Each as often as its share demands, off by one at most; weight 0 never."""
    found = counts(Script([replace(exchange(), weight=weight) for weight in weights], seed=1))
    expected = [LENGTH * weight / sum(weights) for weight in weights]
    assert found == pytest.approx(expected, abs=1.0001)
    assert all(weight > 0 for weight, count in zip(weights, found, strict=True) if count)


def test_mixed_is_nine_reads_to_one_creation() -> None:
    """The built-in mixture, to the request."""
    mixed = compiled("mixed", "http://127.0.0.1", seed=1)
    methods = Counter(line.request.method for line in mixed.sequence_from(0))
    assert methods["GET"] == pytest.approx(0.9 * LENGTH, abs=1)
    assert methods["GET"] + methods["POST"] == LENGTH


def test_the_order_is_shuffled_by_the_seed() -> None:
    """The same for the same seed, another for another."""
    exchanges = [exchange() for _ in range(10)]

    def order(seed: int) -> list[int]:
        script = Script(exchanges, seed)
        return [script.lines.index(line) for line in script.sequence_from(0)]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1) != sorted(order(1))


def test_a_sequence_may_begin_anywhere() -> None:
    """It goes round: the same lines, from another one on."""
    script = Script([exchange() for _ in range(5)], seed=1)
    whole = script.sequence_from(0)
    assert script.sequence_from(7) == whole[7:] + whole[:7]
    assert script.sequence_from(7 + 3 * LENGTH) == script.sequence_from(7)


@pytest.mark.parametrize(
    ("exchanges", "reason"),
    [
        ([], "no exchanges of positive weight"),
        ([replace(exchange(), weight=0)], "no exchanges of positive weight"),
        ([replace(exchange(), weight=-1), exchange()], "no exchanges of positive weight"),
        (["GET /"], "yields a str"),
    ],
)
def test_what_cannot_be_sent_is_refused(exchanges: Sequence[object], reason: str) -> None:
    """With the reason in words."""
    with pytest.raises(ValueError, match=reason):
        Script(exchanges, seed=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "body", "outcome", "note"),
    [
        (200, BODY, Code.OK, None),
        (200, b"other", Code.WRONG_BODY, "GET /items/1: another body"),
        (404, BODY, Code.WRONG_STATUS, "GET /items/1: expected status 200, got 404"),
    ],
)
def test_answers_are_judged(status: int, body: bytes, outcome: Code, note: str | None) -> None:
    """By status, then by the workload's own check; the reason is noted."""
    notes: list[str] = []
    line = ScriptLine(exchange())
    head = Head(status, None, keep_alive=True, headers=())
    assert line.judge(head, body, notes.append) == outcome
    assert [text[: len(note or "")] for text in notes] == ([note] if note else [])


def test_a_right_answer_is_recognised_the_second_time() -> None:
    """It is looked at once, then known by its bytes."""
    line = ScriptLine(exchange())
    assert not line.recognises(200, BODY, ())
    assert line.judge(OK_HEAD, BODY, lambda _: None) is Code.OK
    assert line.recognises(200, BODY, ())
    assert not line.recognises(201, BODY, ())
    assert not line.recognises(200, BODY + b" ", ())


def test_an_encoded_answer_is_decoded_for_the_check() -> None:
    """As httpx would."""
    head = Head(200, None, keep_alive=True, headers=((b"Content-Encoding", b"gzip"),))
    assert ScriptLine(exchange()).judge(head, gzip.compress(BODY), lambda _: None) is Code.OK


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(bytes(1_000_000))])
def test_a_broken_or_bloated_encoding_is_a_wrong_body(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb is not unpacked to its end."""
    monkeypatch.setattr(answer_module, "MAX_BODY", 10_000)
    notes: list[str] = []
    head = Head(200, None, keep_alive=True, headers=((b"content-encoding", b"gzip"),))
    assert ScriptLine(exchange()).judge(head, body, notes.append) is Code.WRONG_BODY
    assert len(notes) == 1


def test_a_check_sees_the_whole_response() -> None:
    """Status, headers, body and the request that was answered."""
    seen: list[httpx.Response] = []
    line = ScriptLine(exchange())
    line._answer.fault = seen.append  # type: ignore[method-assign,assignment]
    head = Head(200, 2, keep_alive=True, headers=((b"X-One", b"1"),))
    line.judge(head, b"hi", lambda _: None)
    (response,) = seen
    assert (response.status_code, response.text, response.headers["x-one"]) == (200, "hi", "1")
    assert response.request.url.path == "/items/1"
