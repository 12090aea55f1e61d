"""Groups of profiles that cannot be told apart, as letters: the compact letter display."""

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase

from bench.stats.family import Pair


def groups(names: Sequence[str], pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Every largest set of profiles in which no two are shown to differ, in the order of `names`.

    A profile may be in several: of three in a row the first two and the last two may be tied, and
    the outer two not. Insert and absorb: Piepho, An Algorithm for a Letter-Based Representation of
    All-Pairwise Comparisons, J. Comp. Graph. Stat. 13 (2004).
    """
    found = [frozenset(names)]
    for pair in pairs:
        if pair.shown:
            found = _largest(part for one in found for part in _parted(one, pair))
    place = {name: index for index, name in enumerate(names)}
    ordered = [tuple(sorted(one, key=place.__getitem__)) for one in found if one]
    return tuple(sorted(ordered, key=lambda group: [place[name] for name in group]))


def letters(found: Sequence[Sequence[str]]) -> Mapping[str, str]:
    """Give each group a letter, and each profile those of its groups: "a", "ab", "b"."""
    signs = [_letter(number) for number in range(len(found))]
    names = dict.fromkeys(name for group in found for name in group)
    return {
        name: "".join(sign for sign, group in zip(signs, found, strict=True) if name in group)
        for name in names
    }


def _parted(group: frozenset[str], pair: Pair) -> tuple[frozenset[str], ...]:
    """Part a group that holds both of a pair into one without the one and one without the other."""
    if {pair.subject, pair.reference} <= group:
        return group - {pair.subject}, group - {pair.reference}
    return (group,)


def _largest(found: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Leave out whatever is within another."""
    distinct = list(dict.fromkeys(found))
    return [one for one in distinct if not any(one < other for other in distinct)]


def _letter(number: int) -> str:
    """The n-th sign, from 0: a to z, then a2 and so on."""
    turn, place = divmod(number, len(ascii_lowercase))
    return ascii_lowercase[place] + (str(turn + 1) if turn else "")
