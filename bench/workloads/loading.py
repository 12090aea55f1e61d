"""Finding a workload, by name or path, and loading it."""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias

from bench.errors import UsageError
from bench.suggestion import did_you_mean
from bench.workloads import built_in
from bench.workloads.built_in import BUILT_IN
from bench.workloads.faults import described
from bench.workloads.local_imports import importable
from bench.workloads.requests.request_set import RequestSet

Source: TypeAlias = str | RequestSet
"""What a workload is loaded from: a built-in's name, the path of a file, or requests as named."""


class WorkloadForm(StrEnum):
    """What a workload is written as: the name of its function."""

    EXCHANGES = "exchanges"
    EXCHANGE = "exchange"
    SEQUENCE = "sequence"
    WEBSOCKET = "websocket"


_ARGUMENTS: Final = {
    WorkloadForm.EXCHANGES: "base_url",
    WorkloadForm.EXCHANGE: "base_url, number",
    WorkloadForm.SEQUENCE: "base_url, number",
    WorkloadForm.WEBSOCKET: "base_url",
}


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload that was found: its function, and the file that it stands in."""

    name: str
    form: WorkloadForm
    function: Callable[..., Any]
    file: str


def load_workload(source: Source) -> Workload:
    """A built-in workload, that of a Python file, or a set of requests.

    A file may import modules that stand beside it, unless there is one of that name elsewhere.
    Raises UsageError when there is no such workload, or the file has no such function.
    """
    if isinstance(source, RequestSet):
        name = str(source)
        return Workload(name, WorkloadForm.EXCHANGES, source.exchanges, source.file or name)
    name = source
    module = _import(name)
    found = [form for form in WorkloadForm if callable(getattr(module, form, None))]
    if not found:
        raise UsageError(
            f"workload '{name}' has no function exchanges(base_url): define one that yields "
            "bench.workload.Exchange objects, as bench/workloads/built_in/get_item.py does"
        )
    if len(found) > 1:
        both = " and ".join(f"{form}({_ARGUMENTS[form]})" for form in found)
        raise UsageError(
            f"workload '{name}' has {both}: a workload is one of them, rename the other"
        )
    (form,) = found
    return Workload(name, form, getattr(module, form), module.__file__ or name)


def _import(name: str) -> ModuleType:
    if name in BUILT_IN:
        return importlib.import_module(f"{built_in.__name__}.{name}")
    path = Path(name)
    if path.suffix != ".py" or not path.is_file():
        files = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        meant = did_you_mean(path.name, [*files, *BUILT_IN])
        one = f"{meant} Name one" if meant else ": name one"
        raise UsageError(
            f"workload '{name}' is unknown{one} of {', '.join(BUILT_IN)}, or a Python file that "
            "exists"
        )
    module_name = f"workload_{path.stem}_{abs(hash(path))}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None  # noqa: S101 - a path that ends in .py has a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    importable(path.resolve().parent)
    sys.modules[module_name] = module  # dataclasses and pickle look a class's module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise UsageError(
            f"workload '{name}' cannot be imported: {described(error, str(path))}"
        ) from error
    return module
