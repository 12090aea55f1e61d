"""The options that say what is sent without a program, as given."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """The options that say what is sent without a program.

    method, json, data: of all paths. headers: of all requests but those of curl, which say their
    own. json, data: text, or the name of a file; of json with an @ before it. openapi: files, paths
    of the app, or "": where it serves its document is looked for. writes: all methods of documents
    are sent, not GET alone. har_host: whose entries of HARs are sent; None: that of most of them.
    skip_bad_lines: leave out what cannot be read of lists, access logs and HARs.
    """

    paths: tuple[str, ...] = ()
    method: str | None = None
    headers: tuple[str, ...] = ()
    json: str | None = None
    data: str | None = None
    urls: tuple[Path, ...] = ()
    access_logs: tuple[Path, ...] = ()
    curl: tuple[str, ...] = ()
    openapi: tuple[str, ...] = ()
    writes: bool = False
    har: tuple[Path, ...] = ()
    har_host: str | None = None
    skip_bad_lines: bool = False

    @property
    def any_requests(self) -> bool:
        """Whether any of them names requests."""
        named = (self.paths, self.urls, self.curl, self.openapi, self.access_logs, self.har)
        return any(named)
