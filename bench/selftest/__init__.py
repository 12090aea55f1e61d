"""Known answers: what the instrument reports, against what must be true, on this very machine."""

from bench.selftest.programme import Form, selftest

__all__ = ["Form", "selftest"]
