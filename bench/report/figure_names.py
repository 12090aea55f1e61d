"""What figures and servers are called in reports about several runs."""

import re
from collections.abc import Iterable
from typing import Final

from bench.analysis.several_runs.comparable import Difference
from bench.facts.load import Mode, Sent
from bench.facts.run import Manifest
from bench.facts.server import ServerFacts
from bench.figures import FIGURES
from bench.formatting import worded
from bench.report.cells import NONE, estimated
from bench.report.document import Cell
from bench.stats.unpaired import Member

_TIMES: Final = {Mode.OPEN: "response time", Mode.CLOSED: "service time"}


def called(name: str, mode: Mode | None, sent: Sent = Sent.REQUEST) -> str:
    """Name a figure in full: "average response time, ms"; sent: what it is of."""
    shown = FIGURES[name]
    of_time = mode is not None and shown.unit == "ms"
    what = f"{shown.title} {_TIMES[mode]}" if of_time and mode else shown.title
    return worded(f"{what}, {shown.unit}" if shown.unit else what, sent)


def better(name: str) -> str:
    """Say which way is better."""
    return FIGURES[name].better


def ratio(member: Member) -> Cell:
    """Write a comparison; where no difference is shown it says so, in a line of its own."""
    tie = "not tested" if member.p_adjusted is None else "no difference shown"
    return estimated(member.comparison.ratio, "" if member.shown else f"{tie},\n")


def short(commit: str | None) -> str:
    """Cut a commit to seven digits, and keep the mark of a changed working tree."""
    if commit is None:
        return NONE
    return commit[:7] + ("+" if commit.endswith("+") else "")


def made_by(manifest: Manifest) -> str:
    """The version of Weighbridge and its commit: "0.2.0 (0123abc)"."""
    commit = f" ({short(manifest.commit)})" if manifest.commit else ""
    return f"{manifest.weighbridge}{commit}"


def version(server: ServerFacts | None) -> str | None:
    """The server's own package and its version; None where its name does not lead to one.

    gunicorn-asgi is gunicorn's, uvicorn==0.35.0 uvicorn's, uwsgi pyuwsgi's.
    """
    if server is None:
        return None
    words = re.split(r"[^A-Za-z0-9]+", re.split(r"==|\+", server.name)[0])
    for length in range(len(words), 0, -1):
        name = "-".join(words[:length])
        for package in (name, f"py{name}"):
            if package in server.packages:
                return f"{package} {server.packages[package]}"
    return None


def listed(differences: Iterable[Difference]) -> list[str]:
    """Write differences as lines."""
    return [str(difference) for difference in differences]
