"""Settings of the app: read from the command line, and put upon a server as a variant of it.

The items app reads them from variables that begin with ITEMS_; for an app of the user's own, a
setting names the variable itself.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from servers.errors import ProfileError
from servers.profile import Applied, Profile

OPTION: Final = "--app-setting"
ENV_OPTION: Final = "--app-env"
PREFIX: Final = "ITEMS_"
STORAGE: Final = "ITEMS_STORAGE"
AUTH: Final = "ITEMS_AUTH"
TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
"""Spellings of true that the items app accepts, in lower case."""
MEMORY: Final = "memory"
_OF_THE_ITEMS_APP: Final = re.compile(r"[a-z][a-z0-9_]*")
_OF_ANY_APP: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTION: Final = re.compile(r"--[a-z][a-z-]*=(?=[A-Za-z_][A-Za-z0-9_]*=)")
_FURTHER: Final = re.compile(r",([A-Za-z_][A-Za-z0-9_]*)=")  # as in --base cache=lru,auth=true
_USER: Final = re.compile(r"(?<=://)\S*@")  # to the last @: a password may hold anything
_SECRET: Final = re.compile(r"secret|passw|token$|auth_users|api_?key", re.IGNORECASE)
MASK: Final = "***"
_DIGITS: Final = 4


def secret_digest(text: str) -> str:
    """Return a digest that differs for another value, and does not give the value away.

    It has 16 bits, which too many values share for any to be guessed by it.
    """
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True)
class AppSettings:
    """What was asked for: values by variable, and what people are shown by setting."""

    env: Mapping[str, str]
    shown: Mapping[str, str]
    """In the order given, without passwords."""

    def __bool__(self) -> bool:
        return bool(self.env)

    @property
    def words(self) -> tuple[str, ...]:
        """Each setting as it is named in reports: "cache=lru"."""
        return tuple(f"{name}={value}" for name, value in self.shown.items())

    @property
    def digests(self) -> dict[str, str]:
        """Of each setting that is not shown whole, by what a change of it is seen."""
        pairs = zip(self.shown.items(), self.env.values(), strict=True)
        return {name: secret_digest(value) for (name, shown), value in pairs if shown != value}


def app_settings(texts: Iterable[str], *, own_app: bool, option: str = OPTION) -> AppSettings:
    """Read settings of the form NAME=VALUE; raises ProfileError.

    Values are taken as they stand; placeholders in those of --app-env are filled in at each start.
    """
    env: dict[str, str] = {}
    shown: dict[str, str] = {}
    for text in texts:
        name, value = _read(text, _OF_ANY_APP if own_app else _OF_THE_ITEMS_APP, option)
        if name in shown:
            raise ProfileError(f"{option} '{name}' is given twice: give each setting once")
        env[name if own_app else PREFIX + name.upper()] = value
        shown[name] = _without_password(name, value)
    return AppSettings(env, shown)


def with_settings(profile: Profile, settings: AppSettings) -> Profile:
    """Return the same server with these settings, and a name that includes them."""
    speaker = None if profile.speaker is None else "+".join((profile.speaker, *settings.words))
    return replace(
        profile,
        name="+".join((profile.name, *settings.words)),
        speaker=speaker,
        title=", ".join((profile.title, *settings.words)),
        default=False,
        settings=Applied(profile.name, settings.env, settings.shown),
    )


def masked(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command line as it may be recorded: no password in a setting."""
    return tuple(_masked(word) for word in command)


def _masked(word: str) -> str:
    found = _OPTION.match(word)
    option = found[0] if found else ""
    name, equals, value = word.removeprefix(option).partition("=")
    if not equals or not _OF_ANY_APP.fullmatch(name):
        return word
    shown = _without_password(name, value)
    for further in _FURTHER.finditer(shown):
        if _SECRET.search(further[1]):
            shown = shown[: further.end()] + MASK
            break
    return f"{option}{name}={shown}"


def _read(text: str, form: re.Pattern[str], option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ProfileError(
            f"{option} {_masked(text)!r} is not of the form NAME=VALUE, as in cache=lru"
        )
    if not form.fullmatch(name):
        wish = "lower-case letters, digits and _" if form is _OF_THE_ITEMS_APP else "a variable"
        raise ProfileError(
            f"{option} {name!r} is not a setting's name: use {wish}, as in cache=lru"
        )
    if not value.isprintable():
        raise ProfileError(f"{option} '{name}' has characters that cannot be shown: remove them")
    return name, value


def _without_password(name: str, value: str) -> str:
    return MASK if _SECRET.search(name) else _USER.sub(f"{MASK}@", value)
