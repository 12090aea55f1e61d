"""Files that say what to send in another way than workloads do: they are to be read later."""

import re
from pathlib import Path
from typing import Final

from bench.errors import UsageError

_LOCUST: Final = re.compile(r"^\s*(from|import)\s+locust\b", re.MULTILINE)
_INSTEAD: Final = (
    "write a Python file with a function exchanges(base_url) that yields a "
    "bench.workload.Exchange for each request, as examples/shop/shop_load.py does"
)


def refuse_foreign(name: str) -> None:
    """Raise UsageError for a list of URLs, an OpenAPI document or a locustfile."""
    path = Path(name)
    if not path.is_file():
        return
    if path.suffix != ".py":
        raise UsageError(
            f"workload '{name}' is not a Python file: URL lists and OpenAPI documents are not "
            f"supported yet; {_INSTEAD}"
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    if _LOCUST.search(text) and "exchange" not in text:
        raise UsageError(f"workload '{name}' is a locustfile, which is not supported; {_INSTEAD}")
