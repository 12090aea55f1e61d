"""report.html: the whole report in one file that opens anywhere, without a network."""

from bench.report.run_page.build import page

__all__ = ["page"]
