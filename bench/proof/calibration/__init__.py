"""Clients against clients: ours, httpx and other people's load tools on the same servers.

The tools' output is read by pure functions, one module a tool; nothing here judges a server.
"""
