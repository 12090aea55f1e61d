"""Tests of loads over WebSockets."""
