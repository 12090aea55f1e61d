"""When is a server warm? When it executes as much for a block of requests as for the last one."""

from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = 2


def has_settled(blocks: Sequence[int], alike: float) -> bool:
    """Whether the last two blocks are alike: within `alike`, a share of the larger one."""
    if len(blocks) < _BLOCKS:
        return False
    low, high = sorted(blocks[-_BLOCKS:])
    return high > 0 and high - low <= alike * high
