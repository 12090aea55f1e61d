"""Variables of .http files: what {{name}} stands for, where it is known before anything is sent."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from bench.workloads.secrets import is_secret

_USE: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_ENVIRONMENT: Final = re.compile(r"\$(?:processEnv\s+|env\.)(\w+)")
_DOTENV: Final = re.compile(r"\$dotenv\s+(\w+)")
_OF_AN_ANSWER: Final = re.compile(r"[\w-]+\.(?:request|response)\.")
_DEEPEST: Final = 20  # variables in variables
_LONGEST: Final = 1 << 20  # characters of a value


class HttpVariables:
    """What a file's variables stand for. secrets: values that came in where their name is one."""

    def __init__(self, defined: Mapping[str, str], folder: Path) -> None:
        """`defined`: of the file, by name. `folder`: where it is, and a .env may be."""
        self.secrets: set[str] = set()
        self._defined = defined
        self.folder = folder

    def filled(self, text: str) -> str:
        """A text with values in place of variables. Raises ValueError where one has none."""
        return self._filled(text, 0)

    def knows(self, name: str) -> bool:
        """Whether a variable has a value in the file."""
        return name in self._defined

    def _filled(self, text: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise ValueError("its variables stand for each other in a circle")

        def value(found: re.Match[str]) -> str:
            return self._value(found[1], depth)

        filled = _USE.sub(value, text)
        if len(filled) > _LONGEST + len(text):
            raise ValueError("its variables make it too long")
        return filled

    def _value(self, name: str, depth: int) -> str:
        if name in self._defined:
            found = self._filled(self._defined[name], depth + 1)
        elif environment := _ENVIRONMENT.fullmatch(name):
            name = environment[1]
            found = _known(os.environ.get(name), f"the environment variable {name}")
        elif in_file := _DOTENV.fullmatch(name):
            name = in_file[1]
            path = self.folder / ".env"
            found = _known(_of_file(path).get(name), f"{name} in {str(path)!r}")
        else:
            raise ValueError(_why_not(name))
        if is_secret(name):
            self.secrets.add(found)
        return found


def leading(text: str) -> str | None:
    """The variable that a text begins with; None: it begins with none."""
    found = _USE.match(text)
    return None if found is None else found[1]


def without_leading(text: str) -> str:
    """The text behind the variable that it begins with."""
    return _USE.sub("", text, count=1)


def _known(value: str | None, what: str) -> str:
    if value is None:
        raise ValueError(f"{what} is not set")
    return value


def _of_file(path: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(path, interpolate=False)
    except (OSError, ValueError):
        return {}


def _why_not(name: str) -> str:
    """Why a variable has no value here, and what to do."""
    shown = f"{{{{{name:.40}}}}}"
    if _OF_AN_ANSWER.match(name):
        return (
            f"{shown} is of an earlier answer: write a value, or a workload with "
            "sequence(base_url, number)"
        )
    if name.startswith("$"):
        return (
            f"{shown} is not known here, where a request is the same each time: write a value, or "
            "a workload with exchange(base_url, number)"
        )
    return f"{shown} has no value: write '@{name:.40} = ...', or use {{{{$processEnv NAME}}}}"
