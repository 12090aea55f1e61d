"""The built-in workloads, one file each, and how a workload is found by name or path."""

import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import httpx

from bench.errors import UsageError
from bench.workload import Exchange

BUILT_IN = ("get_item", "create_item", "mixed")

Workload = Callable[[httpx.URL], Iterable[Exchange]]


def load_workload(name: str) -> Workload:
    """The `exchanges` function of a built-in workload or of a Python file.

    A file may import modules that stand beside it, unless there is one of that name elsewhere.
    Raises UsageError when there is no such workload, or the file has no such function.
    """
    module = _import(name)
    exchanges = getattr(module, "exchanges", None)
    if not callable(exchanges):
        raise UsageError(
            f"workload '{name}' has no function exchanges(base_url): define one that yields "
            "bench.workload.Exchange objects, as bench/workloads/get_item.py does"
        )
    workload: Workload = exchanges
    return workload


def _import(name: str) -> ModuleType:
    if name in BUILT_IN:
        return importlib.import_module(f"bench.workloads.{name}")
    path = Path(name)
    if path.suffix != ".py" or not path.is_file():
        raise UsageError(
            f"workload '{name}' is unknown: name one of {', '.join(BUILT_IN)}, "
            "or a Python file that exists"
        )
    module_name = f"workload_{path.stem}_{abs(hash(path))}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None  # noqa: S101 - a path that ends in .py has a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    beside = str(path.resolve().parent)
    if beside not in sys.path:
        sys.path.append(beside)  # at the end, and for good: functions import when they are called
    sys.modules[module_name] = module  # dataclasses and pickle look a class's module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise UsageError(
            f"workload '{name}' cannot be imported: {type(error).__name__}: {error}"
        ) from error
    return module
