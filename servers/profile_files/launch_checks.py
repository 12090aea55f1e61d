"""Launch lines that cannot be measured, found before anything is started, and how to fix them.

A measured server has to listen on the address that it is given, stay in the foreground, and run the
code that was there when it was started.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from servers.profile import mentions

_SHELLS = {"sh", "bash", "dash", "zsh"}
_OPERATORS = {"&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1"}
_VARIABLE = re.compile(r"\$(\{\w+\}|\w+|\()")
_BACKGROUND = re.compile(r"--daemon|--daemonize2?(=.*)?")
_BACKGROUND_OF = {"gunicorn": "-D", "uwsgi": "-d", "pyuwsgi": "-d"}
_RELOAD = re.compile(
    r"--reload|--reload[-_](dirs?|paths?|includes?)(=.*)?|--py-?auto-?reload(=.*)?"
)
_RELOAD_VARIABLE = re.compile(r"[A-Z0-9]+_RELOAD")
_OFF = {"", "0", "false", "no", "off"}
_PORT_OPTION = re.compile(r"(--port|-p)(=(?P<value>\d+))?|runserver")
_HOST_AND_PORT = re.compile(r"([\w.*\[\]-]*:)+\d{2,5}(?![\w.])")
_HOST_OPTION = re.compile(r"(--host|--address)(=(?P<value>.*))?")
_HOST_BEFORE_PORT = re.compile(
    r"(?P<value>\d+\.\d+\.\d+\.\d+):\{port\}|interface=(?P<other>[\d.]+)"
)
_SOCKET_OPTION = re.compile(r"(--uds|--unix[-_]socket|--socket[-_]path)(=.*)?|-u")
_UNIX = re.compile(r"(?P<before>(^|.*=)unix:)(//)?(?P<path>[^:,]+)")
_SOCKET_FILE = re.compile(r"(?P<before>(.*=)?)(?P<path>[^=]+\.sock(et)?)")
_LEAVE_OUT = "leave it out"


class Unfit(NamedTuple):
    """An argument, or a variable's value, and what is wrong with it."""

    argument: str
    complaint: str


def unfit(argv: Sequence[str], env: Mapping[str, str]) -> Unfit | None:
    """Return the first reason why a server cannot be measured by this line; None: it can."""
    words = [word for argument in argv for word in argument.split()]
    reasons = (
        *_shell(argv), *_background(words), *_reloading(words, env), *_port(argv, env),
        *_host(argv),
    )  # fmt: skip
    return next(iter(reasons), None)


def with_own_socket(argv: Sequence[str]) -> tuple[str, ...]:
    """Give a line that names a unix socket the placeholder for one: each start has its own.

    The servers of a run live at the same time, and a path can be the socket of only one.
    """
    line = tuple(argv)
    if mentions("port", line) or mentions("socket", line):
        return line
    for index, argument in enumerate(line):
        if _SOCKET_OPTION.fullmatch(argument):
            option, equals, _ = argument.partition("=")
            if equals:
                return (*line[:index], f"{option}={{socket}}", *line[index + 1 :])
            if index + 1 < len(line) and _is_path(option, line[index + 1]):
                return (*line[: index + 1], "{socket}", *line[index + 2 :])
        found = _UNIX.match(argument) or _SOCKET_FILE.fullmatch(argument)
        if found is not None:
            renamed = f"{found['before']}{{socket}}{argument[found.end('path') :]}"
            return (*line[:index], renamed, *line[index + 1 :])
    return line


def _is_path(option: str, value: str) -> bool:
    """Tell whether an option's value is a socket: -u means other things under other servers."""
    return option != "-u" or "/" in value or value.endswith((".sock", ".socket"))


def _shell(argv: Sequence[str]) -> Iterator[Unfit]:
    if PurePath(argv[0]).name in _SHELLS:
        return
    if len(argv) == 1 and " " in argv[0].strip():
        yield Unfit(
            argv[0],
            "'argv' is one string with spaces: write each argument as a string of its own",
        )
    for argument in argv:
        if argument in _OPERATORS:
            yield Unfit(
                argument,
                f"'argv' is not run by a shell, so '{argument}' would be an argument: name one "
                'program, or ["sh", "-c", "... exec SERVER"]',
            )
        if found := _VARIABLE.search(argument):
            remedy = "write {port}" if "PORT" in argument else "write its value"
            yield Unfit(
                argument,
                f"'argv' is not run by a shell, so '{found[0]}' is not expanded: {remedy}",
            )


def _background(words: Sequence[str]) -> Iterator[Unfit]:
    programs = {PurePath(word).name for word in words}
    short = {option for name, option in _BACKGROUND_OF.items() if name in programs}
    for word in words:
        if _BACKGROUND.fullmatch(word) or word in short:
            yield Unfit(
                word,
                f"'{word}' sends the server into the background, where it can be neither "
                f"monitored nor stopped: {_LEAVE_OUT}",
            )


def _reloading(words: Sequence[str], env: Mapping[str, str]) -> Iterator[Unfit]:
    programs = {PurePath(word).name for word in words}
    why = "which watches files and restarts the server while it is measured"
    for word in words:
        if _RELOAD.fullmatch(word):
            yield Unfit(word, f"'{word}' turns on a reloader, {why}: {_LEAVE_OUT}")
        if word == "--debug" and programs & {"flask", "quart"}:
            yield Unfit(word, f"'--debug' turns on a reloader, {why}: {_LEAVE_OUT}")
        if word == "dev" and "fastapi" in programs:
            yield Unfit(word, f"'fastapi dev' runs a reloader, {why}: write 'run' instead of 'dev'")
        if word == "runserver" and "--noreload" not in words:
            yield Unfit(word, f"'runserver' runs a reloader, {why}: add '--noreload'")
    for name, value in env.items():
        if _RELOAD_VARIABLE.fullmatch(name) and value.lower() not in _OFF:
            yield Unfit(value, f"'{name}' turns on a reloader, {why}: {_LEAVE_OUT}")


def _port(argv: Sequence[str], env: Mapping[str, str]) -> Iterator[Unfit]:
    given = (*argv, *env.values())
    port, socket = mentions("port", given), mentions("socket", given)
    if port and socket:
        yield Unfit("{socket}", "a server listens on {port} or on {socket}: leave one of them out")
    if port or socket:
        return
    fixed = _fixed_port(argv)
    if fixed is not None:
        yield Unfit(
            fixed, f"'{fixed}' is a fixed port, but every start has a fresh one: write {{port}}"
        )
    yield Unfit(
        argv[0],
        "nothing tells the server where to listen, but every start has a fresh port: add {port}, "
        "as in --port {port} or --bind {host}:{port}; or {socket} for a unix socket",
    )


def _fixed_port(argv: Sequence[str]) -> str | None:
    for argument, following in zip(argv, (*argv[1:], ""), strict=True):
        if found := _PORT_OPTION.fullmatch(argument):
            value = found["value"] or following
            if value.isdecimal():
                return argument if found["value"] else following
        if _HOST_AND_PORT.search(argument):
            return argument
    return None


def _host(argv: Sequence[str]) -> Iterator[Unfit]:
    for argument, following in zip(argv, (*argv[1:], ""), strict=True):
        option, before = _HOST_OPTION.fullmatch(argument), _HOST_BEFORE_PORT.search(argument)
        value = ""
        if option is not None:
            value = option["value"] or following
        elif before is not None:
            value = before["value"] or before["other"]
        if not _is_reached(value):
            yield Unfit(
                argument if value in argument else value,
                f"'{value}' is a fixed address, but servers are reached at another: write {{host}}",
            )


def _is_reached(host: str) -> bool:
    """Tell whether what listens there answers on 127.0.0.1; a name may."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    return address.version == 4 and (address.is_unspecified or str(address) == "127.0.0.1")  # noqa: PLR2004
