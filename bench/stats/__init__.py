"""Pure functions on numbers: no I/O, no clock, no knowledge of servers."""
