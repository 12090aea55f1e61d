"""Where a key of a TOML text stands."""

import pytest

from servers.profile_files.toml_lines import line_of

TEXT = """\
name = "x"
argv = [
    "a", "b=c",
]
env.A = "1"

[serve]   # how
argv = []

[variants."a.b"]
'odd key' = 1
[variants.c.env]
X = "y"
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([], 1),
        (["nowhere"], 1),
        (["name"], 1),
        (["argv", 1], 2),
        (["env", "A"], 5),
        (["serve"], 7),
        (["serve", "argv", 0], 8),
        (["serve", "nowhere"], 7),
        (["variants", "a.b"], 10),
        (["variants", "a.b", "odd key"], 11),
        (["variants", "c", "env", "X"], 13),
    ],
)
def test_line_of(path: list[str | int], expected: int) -> None:
    """The key's own line, or that of the nearest table around it."""
    assert expected == line_of(TEXT, path)
