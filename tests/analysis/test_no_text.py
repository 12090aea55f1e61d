"""Analysis returns findings without text; every finding has its words in the report."""

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import get_args

import pytest

import bench.analysis
from bench.analysis.absence import Absence
from bench.analysis.capacity.note import CapacityNote, PlainCapacityNote
from bench.analysis.model import Effect, Judgement, TutorialClaim
from bench.analysis.note import Note, PlainNote
from bench.analysis.several_runs.history_model import NotCompared
from bench.analysis.several_runs.measured_run import PlainRunNote
from bench.report import absences, capacity_notes, claims, notes, several_runs
from bench.report.data.run_json import EFFECTS

ROOT = Path(next(iter(bench.analysis.__path__)))
WORDS = 3  # so many make a sentence
NAMES = {"comparable.py"}  # what conditions are called: keys of history.json


def texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield constants of words, but for docstrings and the messages of errors."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
            continue
        if isinstance(node, ast.Constant) and len(str(node.value).split()) >= WORDS:
            yield node
        yield from texts(node)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.stem)
def test_analysis_makes_no_sentence(path: Path) -> None:
    """What users read is written in bench.report."""
    if path.name not in NAMES:
        found = texts(ast.parse(path.read_text(encoding="utf-8")))
        assert [(each.lineno, each.value) for each in found] == []


@pytest.mark.parametrize("text", ['x = "no figure at all"', 'x = f"{y} has no figures: {z}"'])
def test_a_sentence_would_be_found(text: str) -> None:
    """Also within an f-string."""
    assert list(texts(ast.parse(text)))


@pytest.mark.parametrize(
    ("union", "words"),
    [
        (Note, notes.sentence),
        (Absence, absences.why_absent),
        (CapacityNote, capacity_notes.sentence),
    ],
)
def test_every_kind_of_finding_has_words(union: object, words: object) -> None:
    """None is forgotten where a kind is added."""
    dispatch = words.dispatch  # type: ignore[attr-defined]
    kinds = get_args(union)
    assert len(kinds) > 1
    assert [kind.__name__ for kind in kinds if dispatch(kind) is dispatch(object)] == []


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (PlainNote, notes.PLAIN),
        (PlainCapacityNote, capacity_notes.PLAIN),
        (PlainRunNote, several_runs.NOTES),
        (NotCompared, several_runs.NOT_COMPARED),
        (TutorialClaim, claims.CLAIMS),
        (TutorialClaim, claims.RULES),
        (Judgement, claims.VERDICTS),
        (Effect, EFFECTS),
    ],
)
def test_every_plain_finding_has_words(members: type[Enum], words: dict[Enum, str]) -> None:
    """One each."""
    assert set(members) == set(words)
