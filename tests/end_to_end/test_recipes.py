"""Each recipe of docs/own-app.md, by its command, but for its length and two of its servers."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.program import bench
from tests.end_to_end.readme import RECIPE_SERVERS, RECIPES, recipes

pytestmark = [pytest.mark.timed, pytest.mark.long]

SHORT: Final = (
    "--rounds", "1", "--budget", "8s", "--no-selftest", "--not-against-itself",
    "--format", "html,json", "--out", "out",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(RECIPE_SERVERS))
def test_a_recipe(name: str, tmp_path: Path) -> None:
    """It ends well; every answer was right, and both servers have figures to show."""
    project = tmp_path / name
    shutil.copytree(RECIPES / name, project)
    call = recipes()[name]

    done = bench(
        call.command, *call.arguments, "--servers", RECIPE_SERVERS[name], *SHORT,
        cwd=project, limit_s=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr + done.stdout
    summary = json.loads((project / "out" / "summary.json").read_text(encoding="utf-8"))
    assert set(RECIPE_SERVERS[name].split(",")) == measured(summary)
    assert (project / "out" / "report.html").stat().st_size > 0


def measured(summary: dict[str, Any]) -> set[str]:
    """Who answered every request of every load correctly, and has figures that hold."""
    found: dict[str, list[bool]] = {}
    for cell in (cell for section in summary["sections"] for cell in section["cells"]):
        right = cell["requests"] > 0 and cell["failures"] == 0 and cell["verdict"] != "invalid"
        found.setdefault(cell["profile"], []).append(right)
    return {profile for profile, rights in found.items() if all(rights)}
