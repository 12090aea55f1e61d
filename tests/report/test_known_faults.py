"""Servers that fail a test of the suite by a fault that is known of them."""

from dataclasses import replace

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.facts.server import Gate, GateTest
from bench.report.data.run_junit import junit
from bench.report.notes import notes
from bench.report.words import gate_failures
from tests.build.runs import small

FAULT = "the path reaches the app with its percent-encoding"


def with_gates(*gates: Gate) -> Facts:
    """A run with these gates."""
    return replace(small("a", "b"), gates=gates)


def broken(fault: str | None) -> GateTest:
    """A test that failed."""
    return GateTest("test_path", passed=False, message="assert 1 == 2", known_fault=fault)


def test_known_fault_keeps_no_server_out_and_is_told() -> None:
    """Once, with those that have it; CI sees the test as skipped."""
    summary = summarize(with_gates(Gate("a", (broken(FAULT),)), Gate("b", (broken(FAULT),))))
    assert all(server.gate and server.gate.passed for server in summary.servers)
    assert list(gate_failures(summary)) == []
    assert f"Known fault of a and b: {FAULT}. It was measured all the same." in notes(summary)
    assert f"known fault: {FAULT}" in junit(summary).decode()
    assert b'failures="0"' in junit(summary)


def test_another_failure_beside_it_keeps_it_out() -> None:
    """And only that one is named as the reason."""
    summary = summarize(with_gates(Gate("a", (broken(FAULT), broken(None)))))
    assert [failed[:2] for failed in gate_failures(summary)] == [("a", "test_path")]
    assert not Gate("a", (broken(FAULT), broken(None))).passed
