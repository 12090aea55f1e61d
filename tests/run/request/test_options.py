"""Options as text, and the folder of a run."""

import os
from pathlib import Path

import pytest

from bench.errors import HarnessError, UsageError
from bench.facts.journal import JOURNAL, MANIFEST
from bench.run.folder import run_folder
from bench.run.request.options import duration_s, rate

AT = "2026-01-02T03:04:05.678+00:00"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("1.5m", 90), (" 2s ", 2)]
)
def test_durations(text: str, seconds: float) -> None:
    """A number and its unit."""
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5d", "1e3s", "0s", "0.5s", "9999h"])
def test_what_is_no_duration(text: str) -> None:
    """Also none at all, and what nobody means."""
    with pytest.raises(ValueError, match=f"'{text}' is (not a duration|out of range)"):
        duration_s(text)


@pytest.mark.parametrize(("text", "expected"), [("auto", None), ("2000", 2000), ("1.5", 1.5)])
def test_rates(text: str, expected: float | None) -> None:
    """Requests a second; auto is found out."""
    assert rate(text) == expected


@pytest.mark.parametrize(
    "text", ["", "fast", "0", "-5", "0.5", "nan", "inf", "1e9", "200001", "2000/s"]
)
def test_what_is_no_rate(text: str) -> None:
    """Nothing, less, and what no generator sends."""
    with pytest.raises(ValueError, match=r"is not a rate|cannot be offered"):
        rate(text)


def test_a_run_has_a_folder_named_after_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that start in the same second have two."""
    monkeypatch.chdir(tmp_path)
    folders = [run_folder(None, AT) for _ in range(3)]
    assert [str(folder) for folder in folders] == [
        "results/20260102T030405",
        "results/20260102T030405-2",
        "results/20260102T030405-3",
    ]
    assert all(folder.is_dir() for folder in folders)


def test_a_named_folder_is_made(tmp_path: Path) -> None:
    """With its parents; an empty one is taken as it is."""
    assert run_folder(tmp_path / "a" / "b", AT).is_dir()
    assert run_folder(tmp_path / "a" / "b", AT) == tmp_path / "a" / "b"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (MANIFEST, "already holds a run: name another folder, or remove that one"),
        (JOURNAL, "already holds a run: name another folder, or remove that one"),
        ("notes.txt", r"is not empty \('notes.txt' is in it\): name a new folder"),
    ],
)
def test_a_folder_that_holds_something_is_refused_untouched(
    tmp_path: Path, name: str, line: str
) -> None:
    """Nothing of an earlier run is altered."""
    (tmp_path / name).write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match=line):
        run_folder(tmp_path, AT)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "kept"


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    """A file stands where a folder is wanted, or in its way."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(HarnessError, match=r"cannot be written \(.+\): name another folder"):
            run_folder(out, AT)


def test_a_folder_that_may_not_be_written_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before an hour of measuring, not after it."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(HarnessError, match="cannot be written: name another folder"):
        run_folder(tmp_path, AT)
