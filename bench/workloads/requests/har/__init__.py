"""HARs, as browsers and proxies record them: read, judged, and made into requests."""
