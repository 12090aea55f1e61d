"""The self-test as a whole, in its short form, on this very machine.

Every day a whole run has it too, see tests/end_to_end/test_run.py.
"""

import re
import select

import pytest

from tests.end_to_end.program import bench

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="its servers need epoll")


@pytest.mark.long
@pytest.mark.parametrize(
    ("protocol", "told"),
    [("http/1.1", 19), ("h2c", 15), ("https/1.1", 4), ("h2", 6), ("h3", 6)],
)
def test_the_short_form_holds_whatever_else_the_machine_does(protocol: str, told: int) -> None:
    """Its logic; how exact times are is the machine's affair, and is said."""
    done = bench("selftest", "--short", "--protocol", protocol)

    lies = re.findall(r"^ +([a-z ()]+), 1 in 20 of +(?:200)?.* (\w+) *$", done.stdout, re.MULTILINE)
    assert len(lies) == told, done.stdout + done.stderr
    assert {verdict for _, verdict in lies} == {"holds"}, done.stdout
    assert re.search(r"wire: ceiling, 32 (connections|requests in flight)", done.stdout)
    last = " ".join(done.stdout.split())
    assert re.search(r"Logic: all \d+ claims hold, in \d+ s\.", last), done.stdout
    assert re.search(r"Response times are accurate to [\d.,]+ ms \(p50\)", last), done.stdout
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
