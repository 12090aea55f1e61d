"""Kinds of option values, and the options that several commands have."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import click

from bench.errors import UsageError
from bench.report.formats import Format, formats
from bench.run import options


class Parsed(click.ParamType[Any]):
    """An option that is read by a function which raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a text; what is no text was read before."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


RATE: Final = Parsed("N|auto", options.rate)
PRECISION: Final = Parsed("N%", options.precision)
DURATION: Final = Parsed("duration", options.duration_s)
FORMATS: Final = Parsed("formats", formats)
PATH: Final = click.Path(path_type=Path)


def _every_format(
    _ctx: click.Context, _param: click.Parameter, named: tuple[tuple[Format, ...], ...]
) -> tuple[Format, ...]:
    """Those that were named, each once; all where none was."""
    return tuple(dict.fromkeys(each for some in named for each in some)) or tuple(Format)


format_option = click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="A,B",
    type=FORMATS,
    callback=_every_format,
    help=f"Reports to write, of {', '.join(Format)}; repeatable. md shows charts only "
    "where they are written beside it.  [default: all]",
)

profile_option = click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="FILE",
    type=PATH,
    help="A server of your own, in TOML; repeatable.",
)


def is_given(ctx: click.Context, name: str) -> bool:
    """Whether an option was given on the command line."""
    return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def refuse(ctx: click.Context, names: Iterable[str], why: str) -> None:
    """Refuse options that would have no effect. Raises UsageError."""
    stray = [f"--{name}" for name in names if is_given(ctx, name)]
    if stray:
        raise UsageError(f"{' and '.join(stray)} {why}")
