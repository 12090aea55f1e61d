"""A chart as it goes to disk."""

from dataclasses import dataclass

from bench.summary import Section


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart: the name of its files without ending, and their bytes.

    section: where in a report it belongs; None: to the run as a whole. title: what it shows, in
    words, for who cannot see it.
    """

    name: str
    title: str
    section: Section | None
    svg: bytes
    png: bytes
