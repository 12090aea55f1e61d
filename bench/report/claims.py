"""The tutorial's claims in words: what each says, its rule, what was measured, the verdict."""

from collections.abc import Sequence
from typing import Final

from bench.analysis.claims import SLIGHT
from bench.analysis.model import ClaimTest, Judgement, TriedClaim, TutorialClaim
from bench.analysis.processes import MEMORY, STARTUP
from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Sent
from bench.formatting import listing, load_in_words, spoken, worded
from bench.report.cells import unshown

_ONE_WAY: Final = (
    "Supported if a comparison shows it and none shows the opposite; contradicted if one shows the "
    "opposite."
)
CLAIMS: Final = {
    TutorialClaim.UVICORN_IS_LIGHT: "uvicorn starts fast and has little overhead",
    TutorialClaim.GUNICORN_NEEDS_MEMORY: (
        "gunicorn with uvicorn workers uses more memory than uvicorn alone"
    ),
    TutorialClaim.DAPHNE_IS_SLOWER: "daphne is slower than uvicorn on ordinary FastAPI routes",
    TutorialClaim.HYPERCORN_IS_SLOWER: (
        "hypercorn's baseline latency is slightly higher than uvicorn's"
    ),
    TutorialClaim.HYPERCORN_SPEAKS: "hypercorn supports HTTP/2 and QUIC",
    TutorialClaim.UWSGI_STARTS_SLOWLY: "uWSGI starts more slowly than uvicorn",
    TutorialClaim.CACHING_HELPS: "caching lowers latency and raises throughput",
}
RULES: Final = {
    TutorialClaim.UVICORN_IS_LIGHT: (
        "Start-up time and CPU per request in open loop, against each of gunicorn, "
        "hypercorn, daphne and uWSGI: supported if uvicorn is shown to take less of both "
        "than at least one of them, and none is shown to take less than uvicorn; "
        "contradicted if one is."
    ),
    TutorialClaim.GUNICORN_NEEDS_MEMORY: (
        f"Proportional set size of the process tree after its load. {_ONE_WAY}"
    ),
    TutorialClaim.DAPHNE_IS_SLOWER: f"Median response time in open loop, by workload. {_ONE_WAY}",
    TutorialClaim.HYPERCORN_IS_SLOWER: (
        "Median response time in open loop, by workload. Slight is a ratio of up to "
        f"{SLIGHT:g}: supported if the whole interval of one lies above 1 and up to that, and none "
        "shows the opposite or more; more than slightly if one lies above that; contradicted if "
        "one shows the opposite."
    ),
    TutorialClaim.HYPERCORN_SPEAKS: (
        "Supported if requests over HTTP/2 (h2 or h2c) and over HTTP/3 were answered correctly in "
        "this run (--protocol h2 --protocol h3); contradicted if over one of them none was."
    ),
    TutorialClaim.UWSGI_STARTS_SLOWLY: f"From launch to the first correct response. {_ONE_WAY}",
    TutorialClaim.CACHING_HELPS: (
        "The same server with a cache and without, in one run: median response time in open loop "
        "and throughput in closed loop. Supported if both are shown on a workload, and nowhere the "
        "opposite of either; contradicted if the opposite of one is."
    ),
}
VERDICTS: Final = {
    Judgement.SUPPORTED: "supported",
    Judgement.EXCEEDED: "more than slightly",
    Judgement.CONTRADICTED: "contradicted",
    Judgement.NOT_SHOWN: "not shown by this run",
    Judgement.NOT_TESTED: "not tested by this run",
}
_FIGURES: Final = {
    STARTUP: "start-up",
    MEMORY: "memory",
    CPU: "CPU per request",
    MEDIAN: "median response time",
    THROUGHPUT: "throughput",
}


def rule(claim: TutorialClaim, sent: Sent = Sent.REQUEST) -> str:
    """Say how a claim is judged; what it says of requests over HTTP is of no messages."""
    text = RULES[claim]
    return text if claim is TutorialClaim.HYPERCORN_SPEAKS else worded(text, sent)


def measured(claim: TriedClaim) -> list[str]:
    """Write each comparison that bears on a claim, and what was answered over protocols."""
    answered = [
        f"{each.protocol}: {each.correct:,} of {each.requests:,} requests answered correctly"
        for each in claim.spoken
    ]
    return [_comparison(test) for test in claim.tests] + answered


def _comparison(test: ClaimTest) -> str:
    why = unshown(test.pair)
    tie = f", {why}" if why else ""
    figure = (
        _FIGURES[test.figure]
        if test.load is None
        else worded(_FIGURES[test.figure], test.load.sent)
    )
    return f"{figure}, {_what(test)}: {spoken(test.pair.ratio)}{tie}"


def _what(test: ClaimTest) -> str:
    """Say what was compared, and where."""
    if test.cost is not None:
        cost = test.cost
        return f"with / without, {cost.workload}, {cost.setting} on {cost.server}"
    servers = f"{test.pair.subject} / {test.pair.reference}"
    if test.load is None:
        return servers
    return f"{servers}, {test.workload} at {load_in_words(test.load)}"


def overview(claims: Sequence[TriedClaim]) -> str:
    """Say in a sentence what came of all of them."""
    parts = []
    for judgement, words in VERDICTS.items():
        count = sum(claim.judgement is judgement for claim in claims)
        if count:
            parts.append(f"{count} {words.removesuffix(' by this run')}")
    return f"Of {len(claims)} claims: {listing(parts)}."
