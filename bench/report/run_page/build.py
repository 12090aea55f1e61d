"""From a summary to report.html."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from markupsafe import Markup

from bench.analysis.model import Section, Summary
from bench.formatting import plural
from bench.report.charts.chart import Chart
from bench.report.document import Column, Table
from bench.report.render.document_html import grid
from bench.report.render.inline import inlined
from bench.report.render.shell import filled
from bench.report.run_page.content import content

_TEMPLATE: Final = Path(__file__).parent / "page.html.j2"


def page(summary: Summary, charts: Sequence[Chart]) -> bytes:
    """Write the page of a run: its charts are in it."""
    shown = [(chart, _figure(chart)) for chart in charts]
    manifest = summary.manifest

    def of_section(section: Section | None) -> list[Markup]:
        return [figure for chart, figure in shown if chart.section is section]

    return filled(
        _TEMPLATE,
        title=f"Weighbridge: which server for {manifest.app}?",
        about=(
            f"{manifest.started_at[:10]}, {manifest.app}, {plural(len(summary.servers), 'server')}"
        ),
        summary=summary,
        charts=of_section,
        grid=_grid,
        **content(summary),
    )


def _figure(chart: Chart) -> Markup:
    return Markup(inlined(chart.svg, chart.name, chart.title))  # noqa: S704  # names are escaped


def _grid(title: str, columns: Sequence[Column]) -> Markup:
    return grid(Table(title, columns))
