"""A chart as it goes to disk."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bench.analysis.model import Section
from bench.report.document import Picture

INSTRUCTIONS_CHART: Final = "instructions-"
"""How names begin of charts that stand with the counted instructions."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart: the name of its files without ending, and what is in them.

    title: what it shows, in words, for who cannot see it. svg: its bytes. png: makes its bytes; not
    every report has one. section: where in a report it belongs; None: to the run as a whole.
    """

    name: str
    title: str
    svg: bytes
    png: Callable[[], bytes]
    section: Section | None = None

    @property
    def link(self) -> str:
        """Where a report beside the charts finds it."""
        return f"charts/{self.name}.svg"

    @property
    def picture(self) -> Picture:
        """It as a part of a document."""
        return Picture(self.name, self.title, self.link, self.svg)


def chart_files(charts: Iterable[Chart]) -> dict[str, bytes]:
    """Both files of each chart, by their paths beside the report."""
    return {
        name: content
        for chart in charts
        for name, content in (
            (chart.link, chart.svg),
            (f"charts/{chart.name}.png", chart.png()),
        )
    }
