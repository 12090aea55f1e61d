"""From a summary to report.html."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bench.report.charts.chart import Chart
from bench.report.page.content import content
from bench.report.page.inline import inlined, themed
from bench.summary import Section, Summary

_HERE: Final = Path(__file__).parent
_SORTING: Final = _HERE / "vendor" / "sortable-tablesort-4.1.7"


def page(summary: Summary, charts: Sequence[Chart]) -> bytes:
    """Write the page: styles, scripts and charts are in it, and nothing else is ever loaded."""
    style, script = _style(), _script()
    shown = [(chart, _figure(chart)) for chart in charts]

    def of_section(section: Section | None) -> list[Markup]:
        return [figure for chart, figure in shown if chart.section is section]

    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            summary=summary,
            charts=of_section,
            style=Markup(style),  # noqa: S704  # both are files of ours, not data
            script=Markup(script),  # noqa: S704
            policy=_policy(style, script),
            **content(summary),
        )
    )
    return text.encode()


def _figure(chart: Chart) -> Markup:
    return Markup(inlined(chart.svg, chart.name, chart.title))  # noqa: S704  # names are escaped


def _policy(style: str, script: str) -> str:
    """What the page may do: apply the one style sheet and run the one script that are in it."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(["html", "j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """The style sheet, with the colours of the charts in either theme."""
    light, dark = [], []
    for name, what, on_white, on_black in themed():
        light.append(f".{name}{{{what}:{on_white}}}")
        dark.append(f".dark .{name}{{{what}:{on_black}}}")
    return (_HERE / "page.css").read_text(encoding="utf-8") + "\n".join([*light, *dark])


@cache
def _script() -> str:
    files = (_SORTING / "sortable.min.js", _SORTING / "sortable.a11y.min.js", _HERE / "page.js")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
