"""What protocols cost: each server over one against itself over another."""

import csv
import io
import json
from dataclasses import replace

from rich.console import Console

from bench.analysis.summary import summarize
from bench.report.data.run_csv import csv as to_csv
from bench.report.data.run_json import to_json
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.render.terminal import terminal
from tests.build.runs import small
from tests.build.variants import over_protocols, with_servers


def test_every_server_is_compared_with_itself() -> None:
    """Median and average response time and CPU at the common rate, throughput at saturation."""
    costs = summarize(over_protocols()).protocol_costs
    assert [(cost.server, cost.protocol, cost.reference, cost.figure) for cost in costs] == [
        (server, "h2", "http/1.1", figure)
        for server in ("a", "b")
        for figure in ("p50_ms", "avg_ms", "cpu_us_per_request", "throughput_rps")
    ]
    ratios = [round(cost.pair.comparison.ratio.value, 3) for cost in costs]
    assert ratios == [2.0, 2.0, 1.0, 0.5] * 2


def test_every_format_tells_it() -> None:
    """A table of its own, the protocol of each line, and what was agreed upon in handshakes."""
    summary = summarize(over_protocols())
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(shaped(summary)))
    written = markdown(shaped(summary, ())).decode()
    for text in (capture.get(), written):
        assert "Cost of the protocols" in text
        assert "h2 / http/1.1" in text
        assert "reached by" not in text
    assert "TLS: TLSv1.3, TLS_AES_256_GCM_SHA384, sessions not resumed (a@h2 and b@h2)" in written
    assert "8 requests in flight on each connection" in written
    assert (
        "Over h2, 32 connections are 32 requests in flight on 4 connections of 8 streams."
        in written
    )
    document = json.loads(to_json(summary))
    assert [cost["subject"] for cost in document["protocol_costs"]][::4] == ["a@h2", "b@h2"]
    assert [cell["protocol"] for cell in document["sections"][0]["cells"]].count("h2") == 2
    lines = list(csv.DictReader(io.StringIO(to_csv(summary).decode())))
    assert {line["profile"]: line["protocol"] for line in lines} == {
        "a": "http/1.1", "a@h2": "h2", "b": "http/1.1", "b@h2": "h2",
    }  # fmt: skip


def test_over_plain_http1_no_table_has_it() -> None:
    """Nor is it said; programs are told all the same."""
    summary = summarize(small())
    written = markdown(shaped(summary, ())).decode().partition("How to read")[0]
    rules = written.partition("<summary>The rules</summary>")[2].partition("</details>")[0]
    assert "protocol" not in written.replace("tcp protocol", "").replace(rules, "")
    assert json.loads(to_json(summary))["servers"][0]["protocol"] == "http/1.1"


def test_servers_over_one_protocol_are_no_pair() -> None:
    """Each has but one; the column is there, for it is none that goes without saying."""
    facts = with_servers(
        small("a@h2", "b@h2"),
        lambda server: replace(server, protocol="h2", speaker=server.name[0], connection="TLS"),
    )
    summary = summarize(facts)
    assert summary.protocol_costs == ()
    assert "| protocol |" in markdown(shaped(summary, ())).decode()
