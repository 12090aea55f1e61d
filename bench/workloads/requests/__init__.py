"""Requests that are named and not programmed: paths, lists of URLs, curl commands, OpenAPI."""
