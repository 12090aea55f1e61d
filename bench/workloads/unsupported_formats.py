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
    "name its requests with --path, --urls FILE, --har FILE, --access-log FILE or --curl 'curl "
    "...', or write a Python file with a function exchanges(base_url) that yields a "
    "bench.workload.Exchange for each, as examples/shop/shop_load.py does"
)


def refuse_foreign(name: str) -> None:
    """Raise UsageError for what other options take, a locustfile, a k6 script."""
    path = Path(name)
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            text = file.read(_LOOKED_AT).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return
    if _is_locust(text, path):
        raise UsageError(f"workload '{name}' is a locustfile, which is not supported: {_INSTEAD}")
    if path.suffix == ".py":
        return
    if path.suffix in {".js", ".ts", ".mjs"} and _K6.search(text):
        raise UsageError(f"workload '{name}' is a k6 script, which is not supported: {_INSTEAD}")
    raise UsageError(
        f"workload '{name}' is not a Python file: lists of URLs, curl commands, OpenAPI documents, "
        f"HARs and access logs have options of their own; this looks like {_option(text)} {name}"
    )


def _is_locust(text: str, path: Path) -> bool:
    return path.suffix == ".py" and _LOCUST.search(text) is not None and "exchange" not in text


def _is_access_log(text: str) -> bool:
    """Whether the first line is one of an access log."""
    try:
        return bool(read_log_line(text.partition("\n")[0].strip()))
    except ValueError:
        return False


def _option(text: str) -> str:
    """The option that takes such a file."""
    if _CURL.search(text):
        return "--curl"
    if _is_access_log(text):
        return "--access-log"
    if _HAR.match(text):
        return "--har"
    return "--openapi" if text.lstrip().startswith(("{", "openapi:", "swagger:")) else "--urls"
