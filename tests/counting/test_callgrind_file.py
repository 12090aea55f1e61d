"""Reading callgrind's files: what each function executes by itself."""

import pytest

from bench.counting.callgrind_file import CodePlace, Dump, read_dump

TEXT = """\
# callgrind format
version: 1
pid: 7
part: 1
desc: Trigger: dump
positions: line
events: Ir
summary: 1000

ob=(1) /usr/lib/libpython3.11.so.1.0
fl=(1) eval.c
fn=(1) _PyEval_EvalFrameDefault
0 400
cob=(2) /lib/libc.so.6
cfi=(2) memcpy.S
cfn=(2) memcpy
calls=3 0
0 250
fi=(2)
0 50

ob=(2)
fl=(2)
fn=(2)
0 250
+3

ob=(1)
fl=(1)
fn=(3) _PyEval_EvalFrameDefault'2
0 100
fn=(1)
0 200

totals: 1000
"""


def test_self_cost() -> None:
    """A callee's instructions are its own; names stand once, wherever a function is met first."""
    python, libc = "/usr/lib/libpython3.11.so.1.0", "/lib/libc.so.6"
    parts = {
        CodePlace(python, "_PyEval_EvalFrameDefault"): 650,
        CodePlace(libc, "memcpy"): 250,
        CodePlace(python, "_PyEval_EvalFrameDefault'2"): 100,
    }
    assert Dump(1000, parts) == read_dump(TEXT)
    assert sum(parts.values()) == 1000


def test_nothing_executed() -> None:
    """A process that did nothing since the last dump has a total, and no function."""
    assert Dump(0, {}) == read_dump("events: Ir\nsummary: 0\n\ntotals: 0\n")


def test_damaged() -> None:
    """A file that was cut off before its total is none."""
    with pytest.raises(ValueError, match="summary"):
        read_dump("# callgrind format\nversion: 1\n")
