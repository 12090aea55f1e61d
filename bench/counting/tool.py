"""Which tool counts on this machine, and what it needs."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.counting import hardware
from bench.counting.hardware import HardwareMeter
from bench.counting.meter import Meter
from bench.counting.valgrind import ValgrindMeter
from bench.errors import HarnessError
from bench.facts.instructions import Counter

_PROGRAMS: Final = {"valgrind": "valgrind", "vgdb": "valgrind", "setarch": "util-linux"}
"""What is run, and the package of Debian and Ubuntu that has it."""


def chosen() -> Counter:
    """The counters of the CPU where they can be opened, else valgrind.

    Raises HarnessError, with the name of the package that is missing, where neither can be.
    """
    if sys.platform != "linux":
        raise HarnessError("--count instructions: instructions are counted on Linux only")
    why = hardware.why_not()
    if why is None:
        return Counter.HARDWARE
    missing = missing_package()
    if missing is not None:
        raise HarnessError(
            f"--count instructions: no hardware counter can be opened here ({why}), and {missing} "
            f"is not installed: install the package {missing}, as with apt-get install {missing}"
        )
    return Counter.VALGRIND


def missing_package() -> str | None:
    """The package without which valgrind cannot be used here; None: it can."""
    missing = (package for name, package in _PROGRAMS.items() if shutil.which(name) is None)
    return next(missing, None)


@contextmanager
def meter(counter: Counter) -> Iterator[Meter]:
    """A meter for one start of one server; nothing of it is left after."""
    if counter is Counter.HARDWARE:
        counters = HardwareMeter()
        try:
            yield counters
        finally:
            counters.close()
        return
    with TemporaryDirectory(prefix="weighbridge-", ignore_cleanup_errors=True) as folder:
        yield ValgrindMeter(Path(folder))
