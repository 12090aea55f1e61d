"""Which of many equal blocks something fell into that comes less often than once a block: pure.

What comes once in many blocks falls into some of them, and into none of some starts. In a mean it
is neither left out nor counted as often as it comes: it is noise, of its own size over the number
of blocks. So blocks that stand out are told apart, and what is in them is told beside the others.
"""

from statistics import median
from typing import Final

from bench.stats.compare import Rotation, Series

STANDS_OUT: Final = 0.05
"""Above the median of all blocks, as a share. Less widens an interval by a hundredth at the most,
in one of five blocks, and stays in."""
MOST_RARE: Final = 0.25
"""Of all blocks: of what comes more often, a start has about as much as the next."""


def rare_blocks(blocks: Series) -> frozenset[Rotation] | None:
    """Those that stand out, by start and block; None: so many do that it is not rare.

    None, too, where a start would be left without a block: then starts differ, not blocks.
    """
    if not blocks:
        return frozenset()
    usual = median(blocks.values())
    found = {key for key, value in blocks.items() if value > (1 + STANDS_OUT) * usual}
    left = {start for start, _ in blocks.keys() - found}
    if len(found) > MOST_RARE * len(blocks) or left != {start for start, _ in blocks}:
        return None
    return frozenset(found)
