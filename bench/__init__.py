"""The instrument: it loads servers over HTTP and reports what was measured."""

__version__ = "0.1.0"
