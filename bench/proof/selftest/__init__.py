"""Known answers: what the instrument reports, against what must be true, on this very machine."""

from bench.proof.selftest.runner import SelfTestForm, selftest
from bench.proof.selftest.testbed import possible

__all__ = ["SelfTestForm", "possible", "selftest"]
