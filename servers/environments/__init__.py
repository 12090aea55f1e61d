"""Environments: a server and the packages of an app, installed with uv and kept in a cache."""
