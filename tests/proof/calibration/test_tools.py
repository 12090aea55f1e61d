"""Other people's load tools: how they are asked, and what their words mean here."""

import pytest

from bench.proof.calibration import h2load, oha, wrk
from bench.proof.calibration.client import ClientReport, Fault
from bench.proof.calibration.external import Tool
from tests.proof.calibration import outputs

CLOSED = (
    "216 connections were closed by the server without notice, and the requests on them are "
    "lost; 3 times an answer took longer than its 2 s"
)
NOT_FOUND = (
    "14652 requests failed, of them 0 without an answer, 0 too late "
    "(status codes: 0 2xx, 0 3xx, 14652 4xx, 0 5xx)"
)
URL = "http://127.0.0.1:8000/items/7"


def test_wrk() -> None:
    """Its rate, and latencies whatever their unit."""
    assert wrk.read(outputs.WRK) == ClientReport(
        requests=77914, throughput=70845.79, mean_ns=337_150, p50_ns=326_000, p99_ns=1_030_000
    )


def test_h2load() -> None:
    """It reports a mean of the latencies, and no percentiles."""
    assert h2load.read(outputs.H2LOAD) == ClientReport(
        requests=66111, throughput=66111.0, mean_ns=483_000
    )


def test_oha() -> None:
    """Requests that it cut off itself are no faults, and do not count for the rate."""
    output = outputs.oha(
        statuses={"200": 64000}, errors={"aborted due to deadline": 32}, total_s=1.28
    )
    assert oha.read(output) == ClientReport(
        requests=64000, throughput=50000.0, mean_ns=484_000, p50_ns=470_000, p99_ns=1_120_000
    )


def test_oha_does_not_say_everything() -> None:
    """A percentile that is no number is null; an older version may have fewer."""
    said = oha.read(outputs.oha(statuses={"200": 1}, errors={}, percentiles={"p50": None}))
    assert isinstance(said, ClientReport)
    assert (said.p50_ns, said.p99_ns) == (None, None)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            wrk.read(outputs.WRK_CLOSED),
            CLOSED,
        ),
        (
            wrk.read(outputs.WRK_NOT_FOUND),
            "26240 answers had a status that is neither 2xx nor 3xx",
        ),
        (
            h2load.read(outputs.H2LOAD_NOT_FOUND),
            NOT_FOUND,
        ),
        (h2load.read(outputs.H2LOAD_REFUSED), "no answer at all"),
        (
            oha.read(
                outputs.oha(
                    statuses={"200": 9, "404": 1},
                    errors={"connection refused": 2, "aborted due to deadline": 32},
                )
            ),
            "2 times connection refused; status codes {200: 9, 404: 1}",
        ),
        (oha.read(outputs.oha(statuses={}, errors={})), "no answer at all"),
    ],
    ids=["closed", "not found", "h2load not found", "h2load refused", "oha", "oha nothing"],
)
def test_what_went_wrong_is_said(said: ClientReport | Fault, words: str) -> None:
    """A slice with faults has no figures, but a reason."""
    assert said == Fault(words)


@pytest.mark.parametrize("tool", [wrk, h2load, oha])
@pytest.mark.parametrize("output", ["", "usage: something else\n", "[1, 2]", '{"summary": {}}'])
def test_unknown_words(tool: Tool, output: str) -> None:
    """What cannot be read is said, and is no figure."""
    said = tool.read(output)
    assert isinstance(said, Fault)
    assert said.words.startswith("it printed no ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (wrk.arguments(URL, 32, 1), f"-t1 -c32 -d1s --latency {URL}"),
        (h2load.arguments(URL, 32, 1), f"--h1 -t1 -c32 -D 1 {URL}"),
        (oha.arguments(URL, 32, 1), f"--no-tui --output-format json -z 1s -c 32 {URL}"),
    ],
)
def test_how_they_are_asked(arguments: list[str], expected: str) -> None:
    """One thread, keep-alive, as many connections as ours, for as long as ours."""
    assert " ".join(arguments) == expected
