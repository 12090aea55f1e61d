"""Runs whose files were altered: what is read is what was written, or it is said, or refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.analysis.summary import summarize
from bench.errors import HarnessError, UsageError
from bench.facts.journal import JOURNAL, MANIFEST, read
from bench.facts.run import Facts
from bench.report.data.run_json import to_json
from bench.report.documents import run as run_document
from bench.report.render.markdown import markdown
from tests.build.compared import on_disk, quiet
from tests.build.old_format import as_format_4
from tests.fuzz.mutations import mutated

MANY = 300
SEED = 21


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two servers."""
    return on_disk(tmp_path / "run", quiet("uvicorn", "daphne", rounds=2))


def mutants(path: Path, seed: int) -> Iterator[None]:
    """Mutate a file, time and again."""
    content = path.read_bytes()
    rng = np.random.default_rng([SEED, seed])
    for _ in range(MANY):
        path.write_bytes(mutated(content, rng))
        yield


def reported(folder: Path) -> tuple[Facts, bytes] | None:
    """What a run says, all of it; None: it is refused, as a run that cannot be read."""
    try:
        facts = read(folder)
    except (HarnessError, UsageError):
        return None
    summary = summarize(facts)
    markdown(run_document.document(summary, ()))
    return facts, to_json(summarize(replace(facts, notes=())))


@pytest.mark.long
@pytest.mark.parametrize("name", [JOURNAL, MANIFEST])
def test_no_value_that_was_altered_is_taken_for_one_that_was_measured(
    folder: Path, name: str
) -> None:
    """Other figures than those of the run are never shown without a word; nothing crashes."""
    whole = reported(folder)
    assert whole is not None
    for _ in mutants(folder / name, len(name)):
        found = reported(folder)
        if found is not None and found[1] != whole[1]:  # without its end a run was cut off
            assert found[0].notes or found[0].ending is None


@pytest.mark.long
@pytest.mark.parametrize("name", [JOURNAL, MANIFEST])
def test_format_4_ends_in_no_traceback(folder: Path, name: str) -> None:
    """It has no checksums: what can be read is taken as it stands."""
    as_format_4(folder)
    for _ in mutants(folder / name, len(name)):
        reported(folder)


def test_a_run_has_a_report_whichever_line_is_missing(folder: Path) -> None:
    """A gate, a launch, the rate, a slice, the end: no fact that others cannot do without."""
    path = folder / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    for place in range(len(lines)):
        path.write_bytes(b"".join([*lines[:place], *lines[place + 1 :]]))
        found = reported(folder)
        assert found is not None
        assert found[0].notes or place == len(lines) - 1
