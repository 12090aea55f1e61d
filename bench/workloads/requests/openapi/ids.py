"""Ids from an app's answers: values for {id} in /items/{id}."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

_WRAPPERS: Final = ("items", "data", "results", "content", "records", "objects", "values", "rows")
_KEYS: Final = ("id", "_id", "uuid", "slug", "name", "key", "code")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST: Final = 200


def id_in(answer: Any, parameter: str, collection: str) -> str | None:
    """What an answer gives for a parameter of the path below it; None: it is not clear.

    `collection`: the last name of that path, as items of /items. The first that is listed, or what
    was made.
    """
    for record in _records(answer, collection):
        if not isinstance(record, dict):
            if (found := _text(record)) is not None:
                return found
            continue
        for key in _keys(parameter, collection):
            if (found := _text(record.get(key))) is not None:
                return found
    return _first_name(answer)


def _first_name(answer: Any) -> str | None:
    """The first name of an object that has records by their ids."""
    if not isinstance(answer, dict) or not all(isinstance(each, dict) for each in answer.values()):
        return None
    return _text(next(iter(answer), None))


def at_pointer(answer: Any, pointer: str) -> str | None:
    """The value at a JSON pointer (RFC 6901); None: nothing that fits in a path."""
    value = answer
    for part in pointer.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return _text(value)


def in_location(location: str | None, before: str) -> str | None:
    """What a Location has after the path of a collection, in one part."""
    if not location:
        return None
    try:
        path = urlsplit(location).path
    except ValueError:
        return None
    rest = path.removeprefix(before).strip("/")
    return unquote(rest) if path.startswith(before) and rest and "/" not in rest else None


def _records(answer: Any, collection: str) -> Iterator[Any]:
    """The first of a list, wherever it stands; or the record itself."""
    if isinstance(answer, list):
        yield from answer[:1]
        return
    if not isinstance(answer, dict):
        return
    lists = {name: each for name, each in answer.items() if isinstance(each, list) and each}
    for name in (collection, *_WRAPPERS):
        if name in lists:
            yield lists[name][0]
    yield answer
    for name in (_singular(collection), "data", "item", "result"):
        if isinstance(answer.get(name), dict):
            yield answer[name]
    if len(lists) == 1:
        yield from (each[0] for each in lists.values() if isinstance(each[0], dict))


def _keys(parameter: str, collection: str) -> Sequence[str]:
    """The names that an id may have in a record, the likeliest first."""
    snake = _HUMP.sub("_", parameter).replace("-", "_").lower()
    last = snake.rpartition("_")[2]
    owner = _singular(collection)
    likely = [parameter, snake, last, f"{owner}_{last}", f"{owner}Id", f"{owner}_id"]
    own = last in {"id", "pk", owner} or snake == owner
    return (*dict.fromkeys(likely), *(_KEYS if own else ()))


def _singular(name: str) -> str:
    lowered = name.replace("-", "_").lower()
    if lowered.endswith("ies"):
        return f"{lowered[:-3]}y"
    return lowered.removesuffix("s")


def _text(value: Any) -> str | None:
    """The value as it can stand in a path; None: it cannot."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if 0 < len(text) <= _LONGEST and text.isprintable() else None
