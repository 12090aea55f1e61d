"""Asking a server, over the protocol that it speaks, before it is measured."""
