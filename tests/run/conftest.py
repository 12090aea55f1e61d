"""Settings of the property tests, and a repository."""

from pathlib import Path

import pytest

import tests.hypothesis_profile  # noqa: F401 - importing it loads it
from tests.run.git import commit_all


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, which has a folder with one file."""
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src" / "shop.py").write_text("app = 1")
    commit_all(root)
    return root
