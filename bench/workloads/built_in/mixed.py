"""mixed: nine reads to one creation."""

from collections.abc import Iterator
from dataclasses import replace

import httpx

from bench.workload import Exchange
from bench.workloads.built_in import create_item, get_item

READS_TO_ONE_CREATION = 9


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """As many kinds of reads as of creations, so that the weights alone make the mixture."""
    for read in get_item.exchanges(base_url):
        yield replace(read, weight=READS_TO_ONE_CREATION)
    yield from create_item.exchanges(base_url)
