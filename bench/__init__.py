"""The instrument: it loads servers over HTTP and reports what was measured."""
