"""The tiny server as something that can be counted."""

import sys
from pathlib import Path

import pytest

from bench.counting.count import BlockPlan, Countable
from bench.counting.tool import missing_package
from servers.apps.app import items_app
from servers.asking.readiness_request import Question
from servers.environments.environment import Environment
from servers.profile import Interface, Profile
from servers.readiness import AnswerReadiness

needs_valgrind = pytest.mark.skipif(
    missing_package() is not None, reason=f"{missing_package()} is not installed"
)
SERVER = Path(__file__).with_name("tiny_server.py")
FEW = BlockPlan(requests=20, blocks=3, uncounted=20, idle_s=0.1)


def tiny(path: str, workload_file: Path, *, blocks: BlockPlan = FEW) -> Countable:
    """The tiny server, asked for this path over and over; `workload_file` is written."""
    workload_file.write_text(WORKLOAD.format(path=path))
    profile = Profile(
        name="tiny",
        interface=Interface.ASGI,
        title="tiny",
        argv=(
            sys.executable,
            "-I",
            "-S",
            str(Path(__file__).with_name("tiny_server.py")),
            "{port}",
        ),
    )
    return Countable(
        profile,
        items_app(),
        Environment(Path(sys.prefix), {}),
        workload="tiny",
        source=str(workload_file),
        readiness=AnswerReadiness(Question("/")),
        blocks=blocks,
    )


WORKLOAD = """\
import httpx

from bench.workload import Checked, Exchange


def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/{path}"))
    yield Exchange(request, Checked(lambda answer: None if answer.text == "ok" else answer.text))
"""
