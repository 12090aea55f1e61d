"""Long arrays in files of JSON, item by item: in memory is one of them, and not the file.

The standard library's decoder reads each item, which tells where one is damaged; a parser of events
with paths (ijson) takes memory by the square of how deep a file is nested.
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

_CHUNK: Final = 1 << 20
_MOST_CHARACTERS: Final = 64 * 1024 * 1024  # of one value
_AT_THE_END: Final = 16  # characters: what is wrong or ends there may only be cut off
_UNTERMINATED: Final = "Unterminated string"
_SPACES: Final = " \t\r\n"
_DECODER: Final = json.JSONDecoder()


class DamagedJsonError(ValueError):
    """What is read is no JSON from some place on; the message has its line."""


class NoSuchArrayError(ValueError):
    """It is JSON, and has no array where one was looked for."""


def items(file: BinaryIO, path: Sequence[str]) -> Iterator[Any]:
    """Each item of the array that is reached by these keys.

    Raises NoSuchArrayError, DamagedJsonError and OSError. What comes after the array is not read.
    """
    text = _Text(file)
    for key in path:
        if not text.enter(key):
            raise NoSuchArrayError(".".join(path))
    if text.next != "[":
        raise NoSuchArrayError(".".join(path))
    text.take("[")
    if text.next == "]":
        return
    while True:
        yield text.value()
        if text.next == "]":
            return
        text.take(",")


class _Text:
    """A window of the file's text, which moves on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._window = ""
        self._at = 0
        self._line = 1  # that the window begins in
        self._ended = False

    @property
    def next(self) -> str:
        """The next character that is no space; empty: there is none."""
        while True:
            while self._at < len(self._window) and self._window[self._at] in _SPACES:
                self._at += 1
            if self._at < len(self._window) or not self._more(_CHUNK):
                return self._window[self._at : self._at + 1]

    def take(self, mark: str) -> None:
        """Go over this character, which must come next."""
        if self.next != mark:
            raise self._damaged(f"{mark!r} is missing" if self.next else "the file ends there")
        self._at += 1

    def enter(self, key: str) -> bool:
        """Go to the value of a key of the object that comes next; False: there is none."""
        if self.next != "{":
            if not self.next or self.next not in '["':
                self.value()  # which may be none at all
            return False
        self.take("{")
        while self.next == '"':
            name = self.value()
            self.take(":")
            if name == key:
                return True
            self.value()
            if self.next != "}":
                self.take(",")
        self.take("}")
        return False

    def value(self) -> Any:
        """The value that comes next, whole."""
        if not self.next:
            raise self._damaged("the file ends there")
        size = _CHUNK
        while True:
            try:
                found, end = _DECODER.raw_decode(self._window, self._at)
            except json.JSONDecodeError as error:
                if self._ended or self._is_final(error):
                    raise self._damaged(self._reason(error), error.pos) from error
            except RecursionError as error:
                raise self._damaged("it is nested too deeply") from error
            except ValueError as error:
                raise self._damaged("a number is too long") from error
            else:
                if self._ended or end < len(self._window) - _AT_THE_END:
                    self._at = end
                    return found
            if len(self._window) - self._at > _MOST_CHARACTERS:
                raise self._damaged(f"a value has more than {_MOST_CHARACTERS:,} characters")
            self._more(size)
            size *= 2

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        """Whether more text would not help."""
        is_open = error.msg.startswith(_UNTERMINATED)
        return not is_open and error.pos < len(self._window) - _AT_THE_END

    def _reason(self, error: json.JSONDecodeError) -> str:
        if error.msg.startswith(_UNTERMINATED) or error.pos >= len(self._window.rstrip(_SPACES)):
            return "the file ends there"
        return error.msg[:1].lower() + error.msg[1:]

    def _more(self, size: int) -> bool:
        """Read on; whether there was anything left."""
        if self._ended:
            return False
        self._line += self._window.count("\n", 0, self._at)
        self._window = self._window[self._at :]
        self._at = 0
        content = self._file.read(size)
        self._ended = not content
        try:
            self._window += self._decode.decode(content, final=self._ended)
        except UnicodeDecodeError as error:
            lines = content.count(b"\n", 0, error.start)
            raise self._damaged("it is no text in UTF-8", len(self._window), more=lines) from error
        return not self._ended

    def _damaged(self, reason: str, at: int | None = None, more: int = 0) -> DamagedJsonError:
        line = self._line + self._window.count("\n", 0, self._at if at is None else at) + more
        return DamagedJsonError(f"line {line:,}: {reason}")
