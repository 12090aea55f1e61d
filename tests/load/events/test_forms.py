"""Streams in every form that a workload can have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from tests.load.events.streaming import EVENTS, chunks
from tests.load.sending import answer
from tests.load.server import Peer, Served, serving

ALL = list(range(1, EVENTS + 1))
STREAM = """
import httpx
from bench.workload import Checked, Exchange, Streamed, sse_data

def fault(event, number):
    return None if sse_data(event) == b"%d" % number else "another number"

def stream(base_url, **how):
    request = httpx.Request("GET", base_url.join("/numbers"))
    return Exchange(request, Streamed(events=5, fault=fault), **how)
"""
FORMS = {
    "a set": "def exchanges(base_url):\n    yield stream(base_url)\n",
    "thinking": "def exchanges(base_url):\n    yield stream(base_url, think_s=0.005)\n",
    "endless": "def exchanges(base_url):\n    while True:\n        yield stream(base_url)\n",
    "made anew": "def exchange(base_url, number):\n    return stream(base_url)\n",
    "steps": (
        "def sequence(base_url, number):\n"
        "    response = yield stream(base_url)\n"
        "    assert response.headers['content-type'] == 'text/event-stream'\n"
        "    assert response.content == b''\n"
        "    request = httpx.Request('GET', base_url.join('/plain'))\n"
        "    yield Exchange(request, Checked(lambda response: None))\n"
    ),
}
LOADS = [Load(Mode.CLOSED, 3), Load(Mode.OPEN, 8, 100.0, Arrivals.CONSTANT)]


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


def numbers_or_plain(served: Served, peer: Peer) -> None:
    """Stream numbers, or answer at once."""
    while (request := peer.request()) is not None:
        served.count()
        peer.send(b"".join(chunks(ALL)) if b"/numbers" in request else answer(b"plain"))


def order(served: Served, workload: str, load: Load) -> Order:
    """A short slice."""
    target = Target("one", served.url, workload, seed=1)
    return Order(target, load, Client.WIRE, 5, lead_in_s=0.02, window_s=0.1, drain_s=10.0)


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
@pytest.mark.parametrize("form", FORMS)
def test_a_stream_is_an_answer_like_any_other(
    form: str,
    load: Load,
    generator: Generator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sent over and over, made anew, with pauses, or as a step."""
    monkeypatch.setattr(
        "bench.load.scripts.compiled.MOST", 100
    )  # else an endless one takes seconds
    path = tmp_path / "load.py"
    path.write_text(STREAM + FORMS[form], encoding="utf-8")
    with serving(numbers_or_plain) as served:
        wanted = order(served, str(path), load)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
    assert set(seen.outcomes) == {Outcome.OK}, seen.errors
    assert seen.streams is not None
    assert seen.streams.events == EVENTS * seen.streams.streams > 0
    assert (seen.streams.plain is not None) is (form == "steps")


@pytest.mark.parametrize(
    ("yielded", "words"),
    [
        ("Exchange(httpx.Request('HEAD', base_url), Streamed(events=1, fault=fault))",
         "an Exchange's answer is a stream, and its request is a HEAD"),
        ("Exchange(httpx.Request('GET', base_url), Streamed(events=0, fault=fault))",
         "a stream has 0 events: give 1 to 1,000,000"),
        ("Exchange(httpx.Request('GET', base_url), Streamed(events=1, form='x', fault=fault))",
         "a stream's form is 'x': it is one of sse, lines, chunks"),
    ],
)  # fmt: skip
def test_what_cannot_be_streamed_is_refused(
    yielded: str, words: str, generator: Generator, tmp_path: Path
) -> None:
    """In one line, with the place."""
    path = tmp_path / "load.py"
    path.write_text(f"{STREAM}\ndef exchanges(base_url):\n    yield {yielded}\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        generator.attach(Target("one", "http://127.0.0.1:1", str(path), seed=1))
    assert words in str(refused.value)
    assert "load.py, line" in str(refused.value)
