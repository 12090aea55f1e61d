"""What a server and the app are installed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """An environment with a server and the app's packages in it."""

    directory: Path
    packages: Mapping[str, str]
    """Version by distribution, everything that is installed, names as PEP 503 spells them."""
    yielded: Mapping[str, bool] = field(default_factory=dict)
    """Distributions that are not of the profile's version beside this app: whether the app itself
    pins them, or only what it needs excludes that version."""
    without_project: bool = False
    """Whether the app's project could not be installed itself, only what it depends on."""

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.directory / "bin"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.bin / "python"
