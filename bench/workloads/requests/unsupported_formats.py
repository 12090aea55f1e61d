"""Files that other tools read, given as workloads: one line says how they are named here."""

import re
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.requests.access_log.formats import read_log_line

_LOCUST: Final = re.compile(r"^\s*(from|import)\s+locust\b", re.MULTILINE)
_K6: Final = re.compile(r"""from\s+["']k6""")
_HAR: Final = re.compile(r"""\ufeff?\s*\{\s*"log"\s*:""")
_CURL: Final = re.compile(r"^\s*curl\s", re.MULTILINE)
_LOOKED_AT: Final = 64 * 1024  # bytes of a file, to see what it is
_INSTEAD: Final = (
    "name its requests with --path, --urls FILE, --har FILE, --http-file FILE, --access-log FILE "
    "or --curl 'curl ...', or write a Python file with a function exchanges(base_url) that yields "
    "a bench.workload.Exchange for each, as examples/shop/shop_load.py does"
)


def refuse_foreign(name: str) -> None:
    """Raise UsageError for what other options take, a locustfile, a k6 script."""
    path = Path(name)
    text = _begin(path)
    if text is None:
        return
    _refuse_script(path, text, f"workload '{name}'")
    if path.suffix == ".py":
        return
    raise UsageError(
        f"workload '{name}' is not a Python file: lists of URLs, curl commands, OpenAPI documents, "
        "HARs, .http files and access logs have options of their own; this looks like "
        f"{_option(path, text)} {name}"
    )


def refuse_misnamed(option: str, path: Path) -> None:
    """Raise UsageError for a script, or a file of another option, given to one that takes lists."""
    text = _begin(path)
    if text is None:
        return
    _refuse_script(path, text, f"{option} {str(path)!r}")
    meant = _by_itself(path, text)
    if meant not in {None, option}:
        raise UsageError(f"{option} {str(path)!r} looks like {meant} {path}: name it so")


def _begin(path: Path) -> str | None:
    """The beginning of a file; None where there is none."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(_LOOKED_AT).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return None


def _refuse_script(path: Path, text: str, named: str) -> None:
    """Refuse what only another tool can run."""
    if _is_locust(text, path):
        raise UsageError(f"{named} is a locustfile, which is not supported: {_INSTEAD}")
    if path.suffix in {".js", ".ts", ".mjs"} and _K6.search(text):
        raise UsageError(f"{named} is a k6 script, which is not supported: {_INSTEAD}")


def _is_locust(text: str, path: Path) -> bool:
    return path.suffix == ".py" and _LOCUST.search(text) is not None and "exchange" not in text


def _is_access_log(text: str) -> bool:
    """Whether the first line is one of an access log."""
    try:
        return bool(read_log_line(text.partition("\n")[0].strip()))
    except ValueError:
        return False


def _by_itself(path: Path, text: str) -> str | None:
    """The option that takes a file which no other is taken for; None: it may be of several."""
    if path.suffix in {".http", ".rest"}:
        return "--http-file"
    return "--har" if _HAR.match(text) else None


def _option(path: Path, text: str) -> str:
    """The option that takes such a file."""
    if (found := _by_itself(path, text)) is not None:
        return found
    if _CURL.search(text):
        return "--curl"
    if _is_access_log(text):
        return "--access-log"
    return "--openapi" if text.lstrip().startswith(("{", "openapi:", "swagger:")) else "--urls"
