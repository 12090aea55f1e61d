"""Known answers: what the instrument reports, against what must be true, on this very machine."""

from bench.selftest.programme import Form, selftest
from bench.selftest.stand import possible

__all__ = ["Form", "possible", "selftest"]
