"""What a comparison ends with."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cli.exit_codes import HARNESS, MEASURED
from bench.cli.measuring import compared
from bench.facts.slice import Verdict
from tests.build.runs import small
from tests.build.variants import with_slices


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.VALID, MEASURED), (Verdict.INVALID, HARNESS)]
)
def test_a_run_without_any_figure_has_not_measured(
    verdict: Verdict, code: int, tmp_path: Path
) -> None:
    """Its report is written all the same: it says why."""
    facts = small()
    slices = [replace(one, verdict=verdict) for one in facts.slices]
    assert compared(with_slices(facts, slices), tmp_path, []) == code
