"""What an app needs installed, as its owner has written it down; uv reads it, and installs it.

What is read here is for what uv does not tell: the files that are named by others and the packages
that are folders (so that an environment is never older than they are), and on which line a name
stands. A mistake in the user's files is a ProfileError that names file and line.
"""

from servers.requirements.contents import (
    BuiltFolders,
    built_folders,
    copies_folders,
    digest,
    may_be_stale,
)
from servers.requirements.given import ORDER, Found, Requirements, find, given
from servers.requirements.install import Installation, installation
from servers.requirements.lines import RequirementLine
from servers.requirements.pyproject import wanted_python

__all__ = [
    "ORDER",
    "BuiltFolders",
    "Found",
    "Installation",
    "RequirementLine",
    "Requirements",
    "built_folders",
    "copies_folders",
    "digest",
    "find",
    "given",
    "installation",
    "may_be_stale",
    "wanted_python",
]
