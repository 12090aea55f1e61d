"""The examples of docs/workloads.md say something to send."""

from pathlib import Path

import pytest

from bench.load.scripts.user_code import tried
from tests.workloads.examples import EXAMPLES


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_can_be_sent(tmp_path: Path, number: int) -> None:
    """Each as it stands; but one asks the server first."""
    (tmp_path / "ids.csv").write_text("id\n1\n2\n", encoding="utf-8")
    path = tmp_path / "load.py"
    path.write_text(EXAMPLES[number], encoding="utf-8")
    assert bool(tried(str(path))) is not ("httpx.post(" in EXAMPLES[number])
