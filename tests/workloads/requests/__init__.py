"""Requests that are named and not programmed."""
