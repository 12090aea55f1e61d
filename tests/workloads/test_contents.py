"""A workload is known by what it contains: the file, and the modules beside it that it imports."""

from pathlib import Path

import pytest

from bench.workloads.contents import digest, digests

WORKLOAD = "import json, bodies\nfrom sub import parts\n"
FILES = {
    "load.py": WORKLOAD,
    "bodies.py": "import deeper\n",
    "deeper.py": "import load\n",
    "sub/__init__.py": "",
    "sub/parts.py": "",
    "other.py": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workload and its modules."""
    return written(tmp_path / "a")


def written(folder: Path) -> Path:
    """The same files in a folder."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_same_in_two_checkouts_is_the_same(folder: Path, tmp_path: Path) -> None:
    """Wherever they are."""
    assert digest(folder / "load.py") == digest(written(tmp_path / "b" / "c") / "load.py")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("load.py", 1),
        ("bodies.py", 1),
        ("deeper.py", 1),
        ("sub/__init__.py", 1),
        ("sub/parts.py", 1),
        ("other.py", 0),
    ],
)
def test_an_edit_of_what_it_runs_makes_it_another(folder: Path, name: str, counts: int) -> None:
    """And of nothing else."""
    before = digest(folder / "load.py")
    (folder / name).write_text(FILES[name] + "x = 1\n")
    assert (digest(folder / "load.py") != before) is bool(counts)


def test_built_in_workloads_have_no_digest(folder: Path) -> None:
    """They are Weighbridge's, whose commit is recorded."""
    sources = {"get_item": "get_item", "load": str(folder / "load.py")}
    assert digests(sources) == {"load": digest(folder / "load.py")}


def test_a_module_that_cannot_be_read_is_counted_all_the_same(folder: Path) -> None:
    """Importing it says what is wrong with it."""
    before = digest(folder / "load.py")
    (folder / "bodies.py").write_text("def :\n")
    assert digest(folder / "load.py") != before
