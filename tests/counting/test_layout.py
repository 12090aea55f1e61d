"""Starts that are laid out differently in memory: what is luck there is in the interval."""

from bench.counting.count import laid_out
from servers.command import Prefix


def test_each_layout_has_its_own_seed_and_length() -> None:
    """The same number is the same layout, whoever is started."""
    prefix = Prefix(("valgrind",), {"VALGRIND_OPTS": "", "PYTHONHASHSEED": "0"})
    found = [laid_out(prefix, number) for number in range(1, 9)]
    assert {each.words for each in found} == {("valgrind",)}
    assert [each.env["PYTHONHASHSEED"] for each in found] == [str(n) for n in range(1, 9)]
    assert len({len(each.env["WEIGHBRIDGE_PADDING"]) for each in found}) == 8
    assert laid_out(prefix, 3) == found[2]
