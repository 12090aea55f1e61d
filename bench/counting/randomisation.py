"""Starting a program so that its addresses are the same each time."""

import subprocess
from functools import cache


@cache
def without_randomisation() -> tuple[str, ...]:
    """What a program is started by so that addresses are the same each time; nothing: it may not.

    Most containers forbid it (personality(2)); starts then differ in one thing more.
    """
    words = ("setarch", "-R")
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return () if tried.returncode else words
