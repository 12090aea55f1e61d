"""Where a difference in instructions went: by package in full, by function as far as is known."""

from dataclasses import replace

from bench.analysis.instructions.moves import moves
from tests.build.counted import counted, spent

BASE = spent("base", h11__parse=300.0, h11__small=0.0, python__eval=99_700.0)
HEAD = spent("head", h11__parse=800.0, python__eval=99_700.0, wsproto__new=1_000.0)


def test_packages_add_up_to_the_difference() -> None:
    """The largest first; one that a side has not is absent there."""
    [found] = moves(replace(counted(), spendings=(BASE, HEAD)))
    assert [(one.package, one.base, one.head, one.difference) for one in found.packages] == [
        ("wsproto", None, 1_000.0, 1_000.0),
        ("h11", 300.0, 800.0, 500.0),
        ("python", 99_700.0, 99_700.0, 0.0),
    ]


def test_a_function_of_one_side_is_known_as_far_as_it_can_be() -> None:
    """The other side may have had 0.05 % of its instructions there, and would not say so."""
    [found] = moves(replace(counted(), spendings=(BASE, HEAD)))
    new, parse = found.functions
    assert (new.function, new.base, new.head, new.difference) == ("new", None, 1_000.0, 950.0)
    assert (parse.function, parse.difference) == ("parse", 500.0)


def test_the_spending_of_all_starts_is_the_last_one() -> None:
    """Each round writes down what all starts so far have spent."""
    early = spent("base", h11__parse=1.0)
    [found] = moves(replace(counted(), spendings=(early, BASE, HEAD)))
    assert found.packages[1].base == 300.0


def test_one_side_alone_moved_nothing() -> None:
    """As where the other could not be counted."""
    assert moves(replace(counted(), spendings=(BASE,))) == ()


def test_an_address_is_no_name() -> None:
    """A stripped library has its functions elsewhere in each build; the package has them all."""
    sides = spent("base", core__0x01f0=500.0), spent("head", core__0x02f0=700.0)
    [found] = moves(replace(counted(), spendings=sides))
    assert found.functions == ()
    assert [(one.package, one.difference) for one in found.packages] == [("core", 200.0)]
