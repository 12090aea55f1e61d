"""Tests of addresses and of the kernel's timestamps."""
