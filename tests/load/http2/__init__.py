"""Tests of HTTP/2 in the load generator."""
