"""Checksums of what is on disk: what was altered since it was written is not taken for a fact.

They are no protection from those who mean to deceive, who can reckon them too.
"""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

CRC: Final = "crc"
NUMBER: Final = "n"
_SEAL: Final = re.compile(rb',"n":(\d{1,18}),"crc":"([0-9a-f]{8})"\}')


@dataclass(slots=True)
class Intact:
    """Lines as they were written, by their numbers, and how many are not.

    altered: lines that were altered, moved, added or taken away. first: the number of the first of
    them; None: there is none.
    """

    lines: dict[int, bytes] = field(default_factory=dict)
    altered: int = 0
    first: int | None = None


def sealed_line(record: str, number: int) -> str:
    """A JSON object on one line with its number and a checksum (CRC-32) as its last members."""
    numbered = f'{record[:-1]},"{NUMBER}":{number}'
    return f'{numbered},"{CRC}":"{zlib.crc32(numbered.encode()):08x}"}}'


def intact(lines: Sequence[bytes]) -> Intact:
    """Sort out the lines that are what was written, where it was written; numbers begin at 1."""
    found = Intact()
    bad: list[int] = []
    for place, line in enumerate(lines, start=1):
        number = _number(line)
        if number is None or number <= max(found.lines, default=0):
            bad.append(place)
        else:
            found.lines[number] = line[: line.rindex(b',"n":')] + b"}"
    last = max(found.lines, default=0)
    missing = [number for number in range(1, last + 1) if number not in found.lines]
    found.altered = max(len(bad), len(missing))
    found.first = min([*bad, *missing], default=None)
    return found


def _number(line: bytes) -> int | None:
    """The number of a line; None where it is not as it was written."""
    seal = _SEAL.search(line, max(0, len(line) - 64))
    if seal is None or seal.end() != len(line):
        return None
    numbered = line[: line.rindex(b',"crc":')]
    return int(seal[1]) if zlib.crc32(numbered) == int(seal[2], 16) else None


def checksum(content: dict[str, Any]) -> str:
    """CRC-32 of a JSON object, however it is laid out; what it says of itself is not counted."""
    counted = {name: value for name, value in content.items() if name != CRC}
    text = json.dumps(counted, sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(text.encode()):08x}"
