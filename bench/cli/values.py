"""Types of option values, and which options were given."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import click

from bench.errors import UsageError
from bench.report.formats import formats
from bench.run.request import options
from bench.suggestion import nearest
from servers.protocol import Protocol


class Parsed(click.ParamType[Any]):
    """An option that is read by a function which raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse a text; a value that is not a text has been parsed already."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Named(click.Choice[str]):
    """An option that is one of an enumeration's members, or of some, named by its value."""

    def __init__(self, kind: type[StrEnum], among: Iterable[StrEnum] = ()) -> None:
        super().__init__([each.value for each in among or kind])
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the member; one that is a member already stays."""
        if isinstance(value, self._kind):
            return value
        return self._kind(super().convert(value, param, ctx))


class ProtocolName(click.Choice[str]):
    """A protocol by its name here; other names for HTTP/2 and HTTP/3 get a suggestion."""

    def __init__(self) -> None:
        super().__init__([each.value for each in Protocol])

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Say what may be meant."""
        name = str(value).lower().replace("/", "").removesuffix(".0")
        meant = _MEANT.get(name) or nearest(name, self.choices)
        message = super().get_invalid_choice_message(value, ctx)
        return f"{message} Did you mean {meant}?" if meant else message


_MEANT: Final = {
    "http": "http/1.1",
    "http1": "http/1.1",
    "http1.1": "http/1.1",
    "https": "https/1.1",
    "http2": "h2 (TLS) or h2c",
    "https2": "h2 (TLS)",
    "http3": "h3",
    "quic": "h3",
}
RATE: Final = Parsed("N|auto", options.rate)
PRECISION: Final = Parsed("N%", options.precision)
DURATION: Final = Parsed("duration", options.duration_s)
FORMATS: Final = Parsed("formats", formats)
PATH: Final = click.Path(path_type=Path)


def is_given(ctx: click.Context, name: str) -> bool:
    """Whether an option was given on the command line."""
    return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def refuse(ctx: click.Context, names: Iterable[str], why: str) -> None:
    """Refuse options that would have no effect. Raises UsageError."""
    stray = [f"--{name.replace('_', '-')}" for name in names if is_given(ctx, name)]
    if stray:
        raise UsageError(f"{' and '.join(stray)} {why}")
