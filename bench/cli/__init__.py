"""The command line: one file a command, its options and what it does.

`main` knows the commands and what an error becomes, `exit_codes` what the program ends with. A
command is imported when it is called: most take a second.
"""

from bench.cli.main import cli, main

__all__ = ["cli", "main"]
