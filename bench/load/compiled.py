"""From a workload's name to its script; what a user's own code raises becomes one clear line."""

import httpx

from bench.errors import UsageError
from bench.load.script import Script
from bench.workloads import load_workload


def compiled(workload: str, base_url: str, seed: int) -> Script:
    """The script of a workload for one server. Raises UsageError.

    The error holds text alone: it must be able to pass from process to process.
    """
    exchanges = load_workload(workload)
    try:
        return Script(exchanges(httpx.URL(base_url)), seed)
    except (Exception, SystemExit) as error:
        raise UsageError(f"workload '{workload}' fails: {type(error).__name__}: {error}") from error
