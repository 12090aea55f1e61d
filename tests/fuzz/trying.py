"""A thousand mutations of an input, and what the program says of each."""

from collections.abc import Collection
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from bench.cli import run as command
from bench.run.request.options import Options
from bench.run.request.resolve import resolve
from tests.end_to_end.program import run_here
from tests.fuzz.mutations import mutated

MANY = 1000
SEED = 20


def message(*arguments: str, cwd: Path) -> str:
    """What the program says of these arguments where a run would begin; exit 2, or nothing."""

    def compare_servers(options: Options, formats: Collection[Any]) -> int:
        del formats
        resolve(options)
        return 0

    with mock.patch.object(command, "compare_servers", compare_servers):
        done = run_here("run", *arguments, cwd=cwd)
    assert done.returncode in {0, 2}, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == (1 if done.returncode else 0), done.stderr
    return done.stderr


def mutants(originals: list[bytes], seed: int) -> list[bytes]:
    """As many as are tried."""
    rng = np.random.default_rng([SEED, seed])
    return [mutated(originals[number % len(originals)], rng, originals) for number in range(MANY)]
