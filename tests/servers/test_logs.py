"""The last lines of a log, and the one that tells."""

from pathlib import Path

import pytest

from servers.logs import tail, telling


def test_tail(tmp_path: Path) -> None:
    """The last lines after a byte, empty ones left out, any bytes survived."""
    log = tmp_path / "log"
    log.write_bytes(b"old\none\n\ntwo \xff\nthree\n")
    assert tail(log, start=4) == ["one", "two \ufffd", "three"]
    assert tail(log, 1) == ["three"]
    assert tail(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "its log is empty"),
        (["starting", "bye"], "bye"),
        (["ERROR: could not import module", "Shutting down"], "ERROR: could not import module"),
        (
            ["Traceback", "  raise x", "ModuleNotFoundError: No module named 'x'", "error: boot"],
            "ModuleNotFoundError: No module named 'x'",
        ),
    ],
)
def test_telling(lines: list[str], expected: str) -> None:
    """What was raised, else what is complained of, else what was said last."""
    assert expected == telling(lines)
