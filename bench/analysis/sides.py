"""The two sides of a regression test, and what may come of it."""

from enum import StrEnum
from typing import Final

BASE: Final = "base"
HEAD: Final = "head"


class RegressionVerdict(StrEnum):
    """What came of a regression test."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
