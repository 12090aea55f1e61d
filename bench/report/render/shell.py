"""What every page has around its content: style, scripts, and a policy that allows nothing else."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bench.formatting import clean
from bench.report.render.inline import themed

_HERE: Final = Path(__file__).parent
_SORTING: Final = _HERE / "vendor" / "sortable-tablesort-4.1.7"


def page(title: str, about: str, body: Markup) -> bytes:
    """Write a page: styles and scripts are in it, and nothing else is ever loaded."""
    return filled(_HERE / "shell.html.j2", title=title, about=about, body=body)


def filled(template: Path, **content: object) -> bytes:
    """Fill a template of ours that extends the shell."""
    style, script = _style(), _script()
    text = (
        _environment(template.parent)
        .get_template(template.name)
        .render(
            style=Markup(style),  # noqa: S704  # both are files of ours, not data
            script=Markup(script),  # noqa: S704
            policy=_policy(style, script),
            clean=clean,
            **content,
        )
    )
    return text.encode()


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
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader([folder, _HERE]),
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
