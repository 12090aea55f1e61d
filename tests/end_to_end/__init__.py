"""The program as its users start it: `python -m bench ...`, with real servers."""
