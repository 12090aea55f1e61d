"""Findings in, documents out: one module a kind of finding; nothing is rendered here."""
