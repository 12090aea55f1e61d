"""Facts in, figures with their intervals, ranks and verdicts out: no I/O, nothing is measured."""

from bench.summary.build import summarize
from bench.summary.model import (
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
