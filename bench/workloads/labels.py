"""What workloads are called in titles, charts and file names."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.built_in import BUILT_IN
from bench.workloads.loading import Source
from bench.workloads.requests.request_set import RequestSet

MOST: Final = 80  # characters of a name


def labels(sources: Sequence[Source], names: Sequence[str] = ()) -> tuple[str, ...]:
    """A label for each workload, in their order; no two are alike.

    `names`: what the user calls them, one for each. Without any, a file is called by its name
    without ending, after as many of the folders that it is in as it takes to tell it from the
    others; and a request that has no file, by its path. Raises UsageError.
    """
    if names:
        stripped = tuple(name.strip() for name in names)
        _check(stripped, len(sources))
        return stripped
    files = [each for source in sources if (each := _file(source)) is not None]
    found = [
        (source.label,)
        if isinstance(source, RequestSet) and source.file is None
        else _parts(str(_file(source)), files)
        for source in sources
    ]
    return tuple(_numbered([_shortest(each, found) for each in found]))


def _file(source: Source) -> str | None:
    """The name or path that a workload is loaded from; None: it has none."""
    return source.file if isinstance(source, RequestSet) else source


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """Names of which no two are alike: requests to one path may differ in their bodies."""
    seen = Counter[str]()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _parts(source: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The folders of a file and its name, with its ending only where that tells it from others."""
    if source in BUILT_IN:
        return (source,)
    path = Path(source)
    bare = Counter(Path(each).with_suffix("") for each in sources)
    is_shared = path.stem in BUILT_IN or bare[path.with_suffix("")] > 1
    folders = [part for part in path.parts[:-1] if part != path.anchor]
    return (*folders, path.name if is_shared else path.stem)


def _shortest(parts: tuple[str, ...], found: Sequence[tuple[str, ...]]) -> str:
    """The end of a path that is that of no other."""
    deep = 1
    while deep < len(parts) and sum(each[-deep:] == parts[-deep:] for each in found) > 1:
        deep += 1
    return "/".join(parts[-deep:])


def _check(names: Sequence[str], wanted: int) -> None:
    if len(names) != wanted:
        raise UsageError(
            f"--name is given {len(names)} times, and there are {wanted} workloads: give one "
            "for each"
        )
    for name in names:
        if not name or not name.isprintable() or len(name) > MOST:
            raise UsageError(
                f"--name {name!r} cannot be a table heading: give 1 to {MOST} printable characters"
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError(f"--name '{twice[0]}' is given twice: give each workload its own name")
