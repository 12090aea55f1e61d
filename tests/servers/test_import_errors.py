"""What is said of an app that cannot be imported, by the end of its traceback."""

from pathlib import Path

import pytest

from servers.apps.app import App, StartFolder
from servers.import_check.import_errors import failure

APP = App("main:app", None, Path("/home/ann/shop"), place=StartFolder.PROJECT)
PACKAGES = "/cache/env/lib/python3.12/site-packages"
OWN = '  File "/home/ann/shop/main.py", line 3, in <module>'
FLASK = f'  File "{PACKAGES}/flask/app.py", line 28, in <module>'
FLASK_ITSELF = f'  File "{PACKAGES}/flask.py", line 28, in <module>'
IMPORTS = '  File "<frozen importlib._bootstrap>", line 1331, in _find_and_load_unlocked'


@pytest.mark.parametrize(
    ("places", "said", "remedy"),
    [
        (
            [OWN, FLASK],
            "ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/x/urls.py)",
            "the installed 'flask' does not fit the installed 'werkzeug': pin versions that fit",
        ),
        (
            [OWN, FLASK],
            "ModuleNotFoundError: No module named 'blinker'",
            "the installed 'flask' needs 'blinker': add it to the app's requirements",
        ),
        (
            [FLASK_ITSELF, IMPORTS],
            "ModuleNotFoundError: No module named 'blinker'",
            "the installed 'flask' needs 'blinker': add it to the app's requirements",
        ),
        (
            [OWN, FLASK],
            "ImportError: cannot import name 'Flask' from 'flask.app' (/x/app.py)",
            "the installed 'flask' does not fit itself or this Python: pin another version of it",
        ),
        (
            [OWN],
            "ModuleNotFoundError: No module named 'flask'",
            "'main.py', line 3, imports it: add what has it to the app's requirements",
        ),
        (
            [OWN, FLASK],
            "AttributeError: module 'ast' has no attribute 'Str'",
            "it was raised in 'main.py', line 3: give what it needs",
        ),
        ([IMPORTS], "ModuleNotFoundError: No module named 'mian'", "write it as module:attribute"),
    ],
)
def test_what_to_do(places: list[str], said: str, remedy: str) -> None:
    """Which packages do not fit, what is not installed, or which line of the app's own it was."""
    lines = ["Traceback (most recent call last):", *places, said]
    assert failure(1, lines, APP).startswith(f"{said}; {remedy}")
