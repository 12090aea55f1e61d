"""What instructions went on: by package, the large functions, and apart what came rarely."""

from bench.counting.callgrind_file import CodePlace
from bench.counting.spending import spending
from bench.facts.instructions import OTHERS, Spent
from tests.build.counts import count

PARSE = CodePlace("/e/lib/python3.11/site-packages/h11/x.so", "parse")
TRAVERSE = CodePlace("/e/bin/python3.11", "dict_traverse")
TINY = CodePlace("/e/bin/python3.11", "tiny")


def test_blocks_with_rare_work_are_told_apart() -> None:
    """They are not in the spending; what they have more than the others is named."""
    counts = [count("daphne", 1, *(1_000,) * 4, 1_400)]
    usual = {PARSE: 99_000, TRAVERSE: 990, TINY: 10}
    parts = {(1, number): usual for number in range(1, 5)}
    parts[1, 5] = usual | {TRAVERSE: 40_990}
    found = spending(counts, parts)
    assert (found.requests, found.total) == (400, 400_000)
    assert found.parts == (
        Spent("h11", "parse", 396_000),
        Spent("Python interpreter", "dict_traverse", 3_960),
        Spent("Python interpreter", OTHERS, 40),
    )
    assert found.rare[0] == Spent("Python interpreter", "dict_traverse", 40_000)


def test_a_function_that_calls_itself_is_one() -> None:
    """The counter numbers its levels."""
    again = CodePlace("/e/bin/python3.11", "dict_traverse'2")
    found = spending([count("daphne", 1, 1_000)], {(1, 1): {TRAVERSE: 60_000, again: 40_000}})
    assert found.parts == (Spent("Python interpreter", "dict_traverse", 100_000),)
    assert found.rare == ()
