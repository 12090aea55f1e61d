"""What workloads are called in titles, charts and file names."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.loading import BUILT_IN

MOST: Final = 80  # characters of a name


def labels(sources: Sequence[str], names: Sequence[str] = ()) -> tuple[str, ...]:
    """A label for each built-in workload or path, in their order; no two are alike.

    `names`: what the user calls them, one for each. Without any, a file is called by its name
    without ending, after as many of the folders that it is in as it takes to tell it from the
    others. Raises UsageError.
    """
    if names:
        stripped = tuple(name.strip() for name in names)
        _check(stripped, len(sources))
        return stripped
    found = [_parts(source, sources) for source in sources]
    return tuple(_shortest(each, found) for each in found)


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
            f"--name is given {len(names)} times and --workload names {wanted}: give one for each"
        )
    for name in names:
        if not name or not name.isprintable() or len(name) > MOST:
            raise UsageError(
                f"--name {name!r} cannot be a table heading: give 1 to {MOST} printable characters"
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError(f"--name '{twice[0]}' is given twice: give each workload its own name")
