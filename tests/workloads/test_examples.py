"""The examples of docs/workloads.md say something to send."""

import re
from pathlib import Path

import pytest

from bench.load.user_code import tried
from bench.system.repository import ROOT

EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "workloads.md").read_text(encoding="utf-8"), re.DOTALL
)


def example(text: str) -> str:
    """The one that holds a text."""
    [found] = [each for each in EXAMPLES if text in each]
    return str(found)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_can_be_sent(tmp_path: Path, number: int) -> None:
    """Each as it stands; but one asks the server first."""
    (tmp_path / "ids.csv").write_text("id\n1\n2\n", encoding="utf-8")
    path = tmp_path / "load.py"
    path.write_text(EXAMPLES[number], encoding="utf-8")
    assert bool(tried(str(path))) is not ("httpx.post(" in EXAMPLES[number])
