"""What a workload's own code raises, in one line that names the file and the line."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

_MOST_CHARACTERS: Final = 300
_ADVERTISED: Final = " For more information check: "  # what httpx adds to each wrong status


def described(error: BaseException, file: str) -> str:
    """An error that came out of `file`, or out of a module beside it."""
    place = None if isinstance(error, SyntaxError) else last_place(error.__traceback__, file)
    return f"{summed_up(error)} ({place})" if place else summed_up(error)


def summed_up(error: BaseException) -> str:
    """An error's type and text."""
    text = " ".join(str(error).split()).partition(_ADVERTISED)[0][:_MOST_CHARACTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def place_of(file: str, line: int) -> str:
    """Name a line of a file."""
    return f"{Path(file).name}, line {line}"


def last_place(trace: TracebackType | None, file: str) -> str | None:
    """The innermost line of the file, or of one beside it, that an error came through."""
    folder, found = Path(file).resolve().parent, None
    while trace is not None:
        where = trace.tb_frame.f_code.co_filename
        if where == file or Path(where).parent == folder:
            found = place_of(where, trace.tb_lineno)
        trace = trace.tb_next
    return found


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it came from, what that came from, and so on."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__
