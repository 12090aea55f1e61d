"""The last lines of a log, and the one that tells."""

from pathlib import Path

import pytest

from servers.logs import last_exception, tail, telling


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


PLAIN = """\
[ERROR] Error in ASGI Framework
Traceback (most recent call last):
  File "main.py", line 9, in total
    raise ValueError("first")
ValueError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "main.py", line 12, in total
    pool.submit(work)
concurrent.futures.process.BrokenProcessPool: a child ended
INFO: 127.0.0.1 - "GET / HTTP/1.1" 500
Error: not of a traceback
"""
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "run.py", line 1, in run
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "main.py", line 9, in total
    | KeyError: 'tea'
    +------------------------------------
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN, "concurrent.futures.process.BrokenProcessPool: a child ended"),
        (GROUP, "KeyError: 'tea'"),
        (PLAIN + GROUP, "KeyError: 'tea'"),
        ("[12:00] shop\nValueError: without a traceback\nbye\n", "ValueError: without a traceback"),
        ("Traceback (most recent call last):\n  File", None),
        ("GET / 500\n", None),
        ("", None),
        (
            "OperationalError: no answer from postgresql://shop:secret@db/shop\n",
            "OperationalError: no answer from postgresql://***@db/shop",
        ),
    ],
)
def test_the_last_exception(text: str, expected: str | None) -> None:
    """That of a traceback, whatever its name; passwords in URLs are left out."""
    assert expected == last_exception(text.splitlines())
