"""Requests of a workload file that name another host than the server that is measured."""

from collections.abc import Iterator, Mapping
from typing import Final

import httpx

from bench.load.scripts.user_code import NOWHERE, tried
from bench.workloads.built_in import BUILT_IN
from bench.workloads.loading import Source
from bench.workloads.requests.request_set import RequestSet

_SERVERS: Final = {httpx.URL(NOWHERE).netloc.decode()}
_NAMED: Final = 3


def other_hosts(sources: Mapping[str, Source]) -> Iterator[str]:
    """Say of each workload file which hosts its requests name, as far as these are known.

    They are sent to the servers all the same, as those of URL lists and HARs are, of which it is
    said where they are read. Of a sequence the first step is known.
    """
    for label, source in sources.items():
        if isinstance(source, RequestSet) or source in BUILT_IN:
            continue
        found = dict.fromkeys(each.request.url.netloc.decode() for each in tried(source))
        others = [host or "no host" for host in found if host not in _SERVERS]
        if others:
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            yield (
                f"workload '{label}' has requests to {', '.join(others[:_NAMED])}{more}: they go "
                "to each server, at its own address, and with that Host; base_url.join('/path') "
                "names the server itself"
            )
