"""Known answers: what the instrument reports, against what must be true, on this very machine."""

from bench.proof.selftest.programme import SelfTestForm, selftest
from bench.proof.selftest.stand import possible

__all__ = ["SelfTestForm", "possible", "selftest"]
