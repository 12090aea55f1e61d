"""HAR files, as browsers and proxies record them: parsed, filtered, and turned into requests."""
