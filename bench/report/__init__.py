"""Findings in, bytes and renderables out: nothing here measures, starts or times anything."""
