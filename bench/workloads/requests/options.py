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
    skip_bad_lines: leave out what cannot be read of lists, access logs, HARs and .http files.
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
    http_files: tuple[Path, ...] = ()
    har_host: str | None = None
    skip_bad_lines: bool = False

    @property
    def any_requests(self) -> bool:
        """Whether any of them names requests."""
        return bool(self.curl) or self.takes_headers

    @property
    def takes_headers(self) -> bool:
        """Whether any of them names requests that --header goes with."""
        return bool(self.paths or self.openapi) or self.has_lines

    @property
    def has_lines(self) -> bool:
        """Whether any of them names a file of which some can be left out."""
        return any((self.urls, self.access_logs, self.har, self.http_files))
