"""The program as it is installed: `weighbridge COMMAND`.

A wheel holds this repository's folders below one package, of which this file is the `__init__`:
none of them is a neighbour of the packages of others. They import each other by their own names,
from beside this file; in a checkout that is the same folder.
"""

import sys
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    """Run a command of the program."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from bench.cli import main as run  # noqa: PLC0415 - it is found from here on

    run("weighbridge")


if __name__ == "__main__":
    main()
