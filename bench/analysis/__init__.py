"""Facts in, figures with their intervals, ranks and verdicts out: no I/O, nothing is measured."""

from bench.analysis.model import (
    AgainstItself,
    Attribution,
    CellDoubt,
    CellRow,
    Contradiction,
    Effect,
    Figures,
    Judgement,
    Moved,
    Section,
    ServerRow,
    SettingsCost,
    Spread,
    Summary,
    TriedClaim,
)
from bench.analysis.summary import summarize

__all__ = [
    "AgainstItself",
    "Attribution",
    "CellDoubt",
    "CellRow",
    "Contradiction",
    "Effect",
    "Figures",
    "Judgement",
    "Moved",
    "Section",
    "ServerRow",
    "SettingsCost",
    "Spread",
    "Summary",
    "TriedClaim",
    "summarize",
]
