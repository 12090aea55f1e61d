"""Unit tests of the app: what the functional suite cannot see from outside."""
