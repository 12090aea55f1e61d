"""What tells a user's workload from other files of its name: a digest of what it contains."""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.workloads.built_in import BUILT_IN
from bench.workloads.loading import Source
from bench.workloads.requests.request_set import RequestSet

_DIGITS: Final = 12


def digests(sources: Mapping[str, Source]) -> dict[str, str]:
    """Digests of the user's own workloads, by label; `sources`: of all workloads, by label."""
    return {
        label: source.digest if isinstance(source, RequestSet) else digest(Path(source))
        for label, source in sources.items()
        if source not in BUILT_IN
    }


def digest(path: Path) -> str:
    """The digest of a workload's file and of the modules beside it that it imports."""
    contents = hashlib.sha256(path.read_bytes())
    for module in sorted(_beside(path.resolve())):
        contents.update(module.read_bytes())
    return contents.hexdigest()[:_DIGITS]


def _beside(path: Path) -> set[Path]:
    """Modules in the folder of a file that it imports, by way of others too; not the file."""
    found: set[Path] = set()
    left = [path]
    while left:
        fresh = {
            module
            for name in _imported(left.pop())
            for module in _files(path.parent, name)
            if module != path
        }
        left += fresh - found
        found |= fresh
    return found


def _imported(path: Path) -> Iterator[str]:
    """Names of all modules that a file imports, wherever it does so."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # of a module beside: the import says it, if it comes to that
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            within = f"{node.module}." if node.module else ""
            yield from (f"{within}{alias.name}" for alias in node.names)


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Files below a folder that are run when a module of that name is imported."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        module = folder.joinpath(*parts[:length])
        for candidate in (module / "__init__.py", module.with_name(f"{module.name}.py")):
            if candidate.is_file():
                yield candidate
