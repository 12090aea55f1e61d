"""A profile's file while it is read: its text, and complaints that name file and line."""

import tomllib
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from servers.errors import ProfileError
from servers.profile_files.keys import ProfileTable, fields_at
from servers.profile_files.toml_lines import line_of


class ProfileSource:
    """A file that is being read, and how it complains."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ProfileError(f"profile {path} cannot be read: {reason}") from error

    def refuse(
        self, where: tuple[str | int, ...], complaint: str, holding: str | None = None
    ) -> NoReturn:
        """Raise ProfileError with file, line and complaint; `holding`: a string in the value."""
        line = line_of(self.text, where, holding)
        raise ProfileError(f"{self.path} line {line}: {complaint}")

    def parse(self) -> ProfileTable:
        """Return the validated content; raises ProfileError."""
        try:
            return ProfileTable.model_validate(tomllib.loads(self.text))
        except tomllib.TOMLDecodeError as error:
            raise ProfileError(f"{self.path} is not valid TOML: {error}") from error
        except ValidationError as error:
            self._explain(error)

    def _explain(self, error: ValidationError) -> NoReturn:
        # Unknown keys first: 'argv' misspelt is more helpful than 'argv' missing.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        where = tuple(first["loc"])
        key = ".".join(str(part) for part in where)
        if first["type"] == "extra_forbidden":
            known = ", ".join(fields_at(where))
            self.refuse(where, f"unknown key '{where[-1]}'; known: {known}")
        if first["type"] == "missing":
            self.refuse(where[:-1], f"'{key}' is missing: add it")
        found = _shorten(first["input"])
        wish = first["msg"][:1].lower() + first["msg"][1:]
        self.refuse(where, f"'{key}': {wish}; found {found}")


def _shorten(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
