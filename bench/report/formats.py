"""The formats that reports are written in."""

from enum import StrEnum


class Format(StrEnum):
    """What reports of a run can be written as."""

    MD = "md"
    HTML = "html"
    CSV = "csv"
    JSON = "json"
    JUNIT = "junit"
    CHARTS = "charts"


def formats(text: str) -> tuple[Format, ...]:
    """Read "md,csv". Raises ValueError."""
    words = [word.strip() for word in text.split(",")]
    known = [each.value for each in Format]
    for word in words:
        if word not in known:
            raise ValueError(f"format '{word}' is unknown; known: {', '.join(known)}")
    return tuple(map(Format, words))
