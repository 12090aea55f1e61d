"""The files of a verdict are whole, or what they were before."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cli.regress import show
from bench.facts.settings import SidesRecord
from tests.build.regression import base_and_head

FILES = {"regression.md", "regression.json", "regression.xml"}


def test_a_disk_that_is_full_leaves_the_earlier_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half of a file that CI would read, and nothing beside."""
    for name in FILES:
        (tmp_path / name).write_text("before")

    def half(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    facts = base_and_head(1.0)
    settings = replace(facts.manifest.settings, regression=SidesRecord("main", ".", 0.05))
    manifest = replace(facts.manifest, settings=settings)
    with pytest.raises(OSError, match="No space left"):
        show(replace(facts, manifest=manifest), tmp_path)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == dict.fromkeys(
        FILES, "before"
    )
