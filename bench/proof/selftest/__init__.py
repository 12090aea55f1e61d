"""Known answers: what the instrument reports, against what must be true, on this very machine."""

from bench.proof.selftest.runner import COVERED, SelfTestForm, proved_for, selftest
from bench.proof.selftest.testbed import possible

__all__ = ["COVERED", "SelfTestForm", "possible", "proved_for", "selftest"]
