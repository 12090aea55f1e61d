"""HAR files as requests, in the proportions in which they were recorded."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bench.errors import UsageError
from bench.workloads.requests.files import check_file, opened
from bench.workloads.requests.har.body import NotWholeError
from bench.workloads.requests.har.entry import HarEntry, LeftOutKind, read_entry
from bench.workloads.requests.json_items import DamagedJsonError, NoSuchArrayError, items
from bench.workloads.requests.plain_request import MOST_REQUESTS
from bench.workloads.requests.request_set import RequestSet, request_set
from bench.workloads.requests.sampling import RequestSample, TooLargeError
from bench.workloads.requests.told import told
from bench.workloads.requests.url_list import SKIP, hosts_ignored

OPTION: Final = "--har"
HOST: Final = "--har-host"
_MOST_BYTES: Final = 2 * 1024**3
_MOST_ENTRIES: Final = 2_000_000
_MOST_HOSTS: Final = 10_000  # that are told apart
_NAMED: Final = 3  # hosts, in a message
_SAVE: Final = "save the network log of a browser's developer tools as HAR"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a file is read. skip: what cannot be read is left out. phase: see `har`."""

    path: Path
    source: str
    skip: bool
    phase: Callable[[str], None]


@dataclass(slots=True)
class _Looked:
    """What was found in a file so far."""

    entries: int = 0
    left_out: Counter[LeftOutKind] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)  # of the others
    bad: list[str] = field(default_factory=list)


def har(
    path: Path,
    headers: Sequence[tuple[str, str]] = (),
    *,
    host: str | None = None,
    skip: bool = False,
    seed: int = 0,
    phase: Callable[[str], None] = lambda _: None,
) -> RequestSet:
    """Read the entries of one host; each request has its frequency as weight.

    headers: take the place of recorded ones. host: whose entries are sent; None: that of most
    entries, but for images and the like. skip: what cannot be read is left out, and said. seed: of
    what is drawn where there are too many. phase: is told how far a long file is read. Raises
    UsageError.
    """
    source = f"{OPTION} {str(path)!r}"
    check_file(path, OPTION, _MOST_BYTES)
    reading = _Reading(path, source, skip, phase)
    chosen = _most_frequent(reading) if host is None else _bare(host)
    looked, sample = _Looked(), RequestSample(seed)
    for place, entry in _entries(reading, looked, "reading"):
        try:
            _look(entry, chosen, tuple(headers), looked, sample)
        except TooLargeError as error:
            raise UsageError(f"{source}, {place}: {error}: name a part of it") from error
        except UnicodeError:
            looked.bad.append(f"{place}: it has characters that are no text")
        except ValueError as error:
            looked.bad.append(f"{place}: {error}")
    _refuse(source, looked, sample, host, skip=skip)
    notes = [*_notes(source, chosen, looked, sample), *hosts_ignored(source, [chosen])]
    found = request_set(source, sample.requests, str(path.resolve()), notes)
    return replace(found, lenient=True)


def _bare(host: str) -> str:
    """A host as entries have it; a URL is accepted too."""
    scheme, _, rest = host.rpartition("://")
    bare = rest.partition("/")[0].lower()
    for name, port in (("http", ":80"), ("https", ":443")):
        if scheme.lower() in {"", name}:
            bare = bare.removesuffix(port)
    return bare


def _most_frequent(reading: _Reading) -> str:
    """The host with most entries, not counting images, fonts, styles and scripts."""
    hosts, assets = Counter[str](), Counter[str]()
    for _, entry in _entries(reading, _Looked(), "looking for the host in"):
        try:
            found = read_entry(entry)
        except ValueError:
            continue  # it is said when requests are made
        if isinstance(found, HarEntry):
            counted = assets if found.is_asset else hosts
            if found.host in counted or len(counted) < _MOST_HOSTS:
                counted[found.host] += 1
    ((most, _),) = (hosts or assets).most_common(1) or [("", 0)]
    return most


def _entries(reading: _Reading, looked: _Looked, doing: str) -> Iterator[tuple[str, Any]]:
    """Entries with their positions, up to where the file is damaged. Raises UsageError."""
    source = reading.source
    try:
        with opened(reading.path, doing, reading.phase) as file:
            for entry in items(file, ("log", "entries")):
                looked.entries += 1
                if looked.entries > _MOST_ENTRIES:
                    raise UsageError(
                        f"{source} has more than {_MOST_ENTRIES:,} entries: name a part of it"
                    )
                yield f"entry {looked.entries:,}", entry
    except NoSuchArrayError as error:
        raise UsageError(f"{source} is JSON, and no HAR: it has no {error}; {_SAVE}") from error
    except DamagedJsonError as error:
        if not looked.entries:
            raise UsageError(f"{source}, {error}: it is no HAR; {_SAVE}") from error
        after = f"after entry {looked.entries:,}, {error}"
        if not reading.skip:
            raise UsageError(
                f"{source} is damaged {after}; {SKIP} takes the entries before"
            ) from error
        looked.bad.append(f"all {after}")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror or error}") from error


def _look(
    entry: Any,
    chosen: str,
    headers: tuple[tuple[str, str], ...],
    looked: _Looked,
    sample: RequestSample,
) -> None:
    """Accept an entry, or count why it is left out. Raises ValueError."""
    found = read_entry(entry)
    if isinstance(found, LeftOutKind):
        looked.left_out[found] += 1
    elif found.host != chosen:
        if found.host in looked.hosts or len(looked.hosts) < _MOST_HOSTS:
            looked.hosts[found.host] += 1
    else:
        try:
            sample.add(found.plain(headers))
        except NotWholeError:
            looked.left_out[LeftOutKind.BODY] += 1


def _refuse(
    source: str, looked: _Looked, sample: RequestSample, host: str | None, *, skip: bool
) -> None:
    """Refuse bad entries unless they are skipped, and a file in which nothing remains."""
    if looked.bad and (not skip or not sample.seen):
        raise UsageError(f"{source}: {told(looked.bad)}. {SKIP} leaves such entries out")
    if sample.seen:
        return
    if not looked.entries:
        raise UsageError(f"{source} has no entries: record some requests first")
    if host is not None and looked.hosts:
        raise UsageError(f"{HOST} '{host}' is not in {source}, whose hosts are {_hosts(looked)}")
    raise UsageError(
        f"{source} has no entry that can be sent: {'; '.join(_left_out(looked))} of "
        f"{looked.entries:,}"
    )


def _hosts(looked: _Looked) -> str:
    named = ", ".join(f"{host} ({count:,})" for host, count in looked.hosts.most_common(_NAMED))
    more = len(looked.hosts) - _NAMED
    return f"{named} and {more:,} more" if more > 0 else named


def _left_out(looked: _Looked) -> Iterator[str]:
    """What is not sent: each reason with its count."""
    frequent = looked.hosts.most_common(_NAMED)
    for host, count in frequent:
        yield f"{count:,} of {host}"
    rest = looked.hosts.total() - sum(count for _, count in frequent)
    if rest:
        yield f"{rest:,} of {len(looked.hosts) - len(frequent):,} other hosts"
    for kind, count in looked.left_out.most_common():
        yield kind.format(f"{count:,}")
    if looked.bad:
        yield f"{len(looked.bad):,} that cannot be read ({told(looked.bad)})"


def _notes(source: str, chosen: str, looked: _Looked, sample: RequestSample) -> Iterator[str]:
    left_out = list(_left_out(looked))
    if left_out:
        why = f" ({HOST} names another)" if looked.hosts else ""
        yield (
            f"{source}: {sample.seen:,} of {looked.entries:,} entries are sent, those of {chosen}"
            f"{why}; left out: {', '.join(left_out)}"
        )
    if not sample.is_whole:
        yield (
            f"{source}: more than {MOST_REQUESTS:,} of its requests differ: those of as many "
            f"entries, drawn by the seed, are sent for all {sample.seen:,}"
        )
