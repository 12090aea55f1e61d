"""Facts in, figures with their intervals, ranks and verdicts out: no I/O, nothing is measured."""

from bench.summary.build import summarize
from bench.summary.model import CellDoubt, CellRow, Figures, Section, ServerRow, Summary

__all__ = ["CellDoubt", "CellRow", "Figures", "Section", "ServerRow", "Summary", "summarize"]
