"""The functional suite over real servers."""
