"""A suite of the user's: whether it asks the server that is gated, or an app of its own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.errors import UsageError

_FIXTURE: Final = re.compile(r"\bbase_url\b(?!\s*=)|base-url")  # and not the argument of a client
_IN_PROCESS: Final = re.compile(
    r"\b(TestClient|ASGITransport|WSGITransport|AsyncTestClient|test_client|LiveServer)\s*\("
    r"|from django\.test import .*\bClient\b"
)
_MOST_FILES: Final = 2000


def check_asks(suite: Path) -> None:
    """Refuse a suite that calls the app within its own process: no server would be tested.

    Raises UsageError, with the place and what to write in its stead.
    """
    texts = {file: file.read_text(encoding="utf-8", errors="replace") for file in _files(suite)}
    if any(_FIXTURE.search(text) for text in texts.values()):
        return
    for file, text in texts.items():
        found = _IN_PROCESS.search(text)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            raise UsageError(
                f"--tests '{suite.name}': {file.name} line {line} has '{found[0].strip()}', "
                "which calls the app inside the test process, so no server would be tested: "
                "use the fixture base_url with httpx.Client(base_url=base_url) instead, or "
                "give --tests none"
            )


def _files(suite: Path) -> Iterator[Path]:
    """The suite's modules, and the conftest.py files above it that pytest reads, too."""
    files = [suite] if suite.is_file() else sorted(suite.rglob("*.py"))
    yield from files[:_MOST_FILES]
    yield from (file for above in suite.parents[:3] if (file := above / "conftest.py").is_file())
