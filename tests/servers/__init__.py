"""Tests of servers/: real processes where processes are meant, and nothing left of them."""
