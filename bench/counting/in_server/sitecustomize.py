"""What Python runs first in a server that is counted: it makes no full collections of garbage.

One comes after thousands of requests or never, takes as much as thirty of them, and falls into the
hundreds that are counted, or does not, by luck. Small collections come and go as ever. An app that
sets its own thresholds (`gc.set_threshold`) has them.

The folder of this file stands first in PYTHONPATH, of the server and of what it starts. It leaves
the path again, and the module of this name that would have been run otherwise is run. As little as
can be is imported: it is in the server's memory, too.
"""

import gc
import os.path
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

NEVER = 2**31 - 1  # collections of the generation below: more than an int of C cannot hold


def run_next(folder: str) -> None:
    """Run the `sitecustomize` that is found without this folder, if any."""
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    run_next(os.path.dirname(__file__))  # noqa: PTH120 - pathlib is not imported by every server
