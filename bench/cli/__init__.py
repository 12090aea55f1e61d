"""The command line: options in, exit codes out; a module a command, declarations alone.

Exit codes: 0 measured; 1 a server failed its gate, did not start, or died; 2 wrong usage;
3 the harness could not do its work; 130 interrupted. What a command does is in `bench.commands`,
which is imported when it is called: some of it takes a second.
"""

from bench.cli.main import cli, main

__all__ = ["cli", "main"]
