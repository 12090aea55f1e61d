"""report.html as text: whole, escaped, and honest about what is missing."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.facts.server import Gate
from bench.facts.slice import Verdict
from bench.report.charts.build import charts
from bench.report.run_page import page
from tests.build.runs import realistic, small
from tests.build.variants import failing, with_slices

EVIL = "<img src=x onerror=alert(1)>\"'&\u202e"


class Outline(HTMLParser):
    """Elements and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that opens."""
        self.tags.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that opens and closes at once."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text.append(data)


def written(facts: Facts, *, drawn: bool = False) -> str:
    """The page of a run; without charts, which take their time, unless they are asked for."""
    summary = summarize(facts)
    return page(summary, charts(summary) if drawn else ()).decode()


def evil() -> Facts:
    """A run whose every text from outside is markup."""
    facts = failing(realistic(rounds=3, rotations=2))
    name = {"uwsgi": EVIL}
    renamed = tuple(
        replace(one, cell=replace(one.cell, profile=name.get(one.cell.profile, one.cell.profile)),
                errors=(EVIL,))
        for one in facts.slices
    )  # fmt: skip
    servers = tuple(
        replace(server, name=name.get(server.name, server.name), title=EVIL, argv=(EVIL,),
                packages={EVIL: EVIL}, interface=EVIL)
        for server in facts.manifest.servers
    )  # fmt: skip
    drains = tuple(
        replace(
            drain, profile=name.get(drain.profile, drain.profile), failure=drain.failure and EVIL
        )
        for drain in facts.drains
    )
    manifest = replace(facts.manifest, servers=servers, app=EVIL, tests=EVIL, command=(EVIL,))
    return replace(
        facts, slices=renamed, drains=drains, manifest=manifest, notes=(EVIL,),
        gates=tuple(Gate(gate.profile, gate.tests, EVIL) for gate in facts.gates),
    )  # fmt: skip


def test_nothing_is_loaded_from_anywhere() -> None:
    """No address but that of SVG's own vocabulary, no source, no style or handler in an element."""
    outline = Outline(written(realistic(rounds=3, rotations=2), drawn=True))
    for tag, attributes in outline.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "img"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"style", "src", "action"}
            if name in {"href", "xlink:href"}:
                assert (value or "").startswith("#")


def test_links_lead_somewhere_and_ids_are_there_once() -> None:
    """Anchors, parts of charts and labels."""
    outline = Outline(written(failing(realistic(rounds=3, rotations=2)), drawn=True))
    ids = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = {
        (a.get("href") or a.get("xlink:href") or "").lstrip("#")
        for _, a in outline.tags
        if "href" in a or "xlink:href" in a
    } | {a["aria-labelledby"] for _, a in outline.tags if "aria-labelledby" in a}
    assert wanted <= set(ids)


def test_what_comes_from_outside_is_text() -> None:
    """Names, log lines, errors, launch lines and arguments that are markup show as they are."""
    text = written(evil())
    outline = Outline(text)
    assert not [tag for tag, _ in outline.tags if tag == "img"]
    assert "\u202e" not in text
    assert sum("<img src=x" in each for each in outline.text) > 10


def test_every_server_has_a_line_and_a_place_of_its_own() -> None:
    """In the table for each load, and below with its gate."""
    text = written(failing(realistic(rounds=3, rotations=2)))
    assert text.count('<tr data-workload="get_item"') == 14
    assert text.count("<article id=") == 7
    assert "1 of 2 tests failed: not measured." in text
    assert "process 4121 died: signal 11 (SIGSEGV)" in text


def nothing_finished() -> Facts:
    """A run that ended before its first slice."""
    return replace(with_slices(small(), []), ending="interrupted", rates={})


def all_invalid() -> Facts:
    """A run of which no slice may be believed."""
    facts = small()
    slices = [replace(one, verdict=Verdict.INVALID) for one in facts.slices]
    return with_slices(facts, slices)


def one_server() -> Facts:
    """A run with nothing to compare."""
    return small("uvicorn")


def one_rotation() -> Facts:
    """A run in which nothing was measured twice: no interval anywhere."""
    return small(rounds=1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (nothing_finished, "No slice was finished"),
        (all_invalid, "no server has trustworthy figures"),
        (one_server, "only uvicorn has figures; there is nothing to compare"),
        (one_rotation, "nothing was measured more than once"),
        (lambda: replace(small("uvicorn"), ending="interrupted"), "The run was interrupted"),
    ],
)
def test_a_run_that_lacks_something_says_so(make: Callable[[], Facts], said: str) -> None:
    """And is a whole page all the same, with no chart that shows nothing."""
    text = written(make(), drawn=True)
    assert said in text
    assert text.rstrip().endswith("</html>")
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        assert len(re.findall(r"<(?:path|use)\b", svg)) > 10


def test_a_run_without_figures_gives_the_reason_where_they_would_be() -> None:
    """The first that went wrong with each server, in place of the table."""
    facts = failing(realistic(rounds=3, rotations=2))
    text = written(replace(with_slices(facts, []), ending="interrupted", rates={}))
    figures, _, below = text.partition('<section id="charts"')
    reasons = re.findall(r'<li class="bad"><a href="#[^"]+">([^<]+)</a>: ([^<]+)</li>', figures)
    assert len(reasons) == below.count("<article id=") == 7
    by_server = dict(reasons)
    assert by_server["gunicorn-asgi"].startswith("1 of 2 tests failed: not measured. First: test_")
    assert "process 4121 died: signal 11 (SIGSEGV)" in by_server["uwsgi"]


@pytest.mark.long
def test_a_large_run_is_no_large_page() -> None:
    """12 servers, 3 workloads, 2 loads and 10,000 slices: below 5 MB."""
    facts = realistic(rounds=2, rotations=2, workloads=("get_item",))
    many = many_slices(facts, 12, ("get_item", "create_item", "mixed"), 10_000)
    assert len(many.slices) >= 10_000
    assert len(written(many, drawn=True)) < 5_000_000


def many_slices(facts: Facts, servers: int, workloads: tuple[str, ...], slices: int) -> Facts:
    """As many servers, workloads and slices: those of a small run again and again."""
    names = [f"server-{number}" for number in range(servers)]
    known = [one for one in facts.slices if not one.warm_up and one.cell.profile == "uvicorn"]
    each = -(-slices // (servers * len(workloads) * len(known)))
    made = [
        replace(
            one,
            cell=replace(one.cell, profile=name, workload=workload),
            rotation=one.rotation + 10 * turn,
            ended_s=one.ended_s + 100 * turn,
        )
        for name in names
        for workload in workloads
        for turn in range(each)
        for one in known
    ]
    first = facts.manifest.servers[0]
    manifest = replace(
        facts.manifest,
        servers=tuple(replace(first, name=name, title=name) for name in names),
        baseline=names[0],
    )
    return replace(
        facts, manifest=manifest, slices=tuple(made), gates=(), launches=(), drains=(),
        rates=dict.fromkeys(workloads, 2400.0),
    )  # fmt: skip
