"""The examples of docs/workloads.md."""

import re

from bench.system.repository import ROOT

EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "workloads.md").read_text(encoding="utf-8"), re.DOTALL
)


def example(text: str) -> str:
    """The one that holds a text."""
    [found] = [each for each in EXAMPLES if text in each]
    return str(found)
