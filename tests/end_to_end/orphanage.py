"""Runs a command as the adoptive parent of all it leaves behind, and tells who that is.

`python orphanage.py LIMIT_S COMMAND...` prints the command's pid on one line and, once the command
has ended, its exit status and the processes still alive LIMIT_S seconds later, as JSON.
"""

import ctypes
import json
import subprocess
import sys
import time

import psutil

PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Adopt, run, wait, tell; and end what was left."""
    limit_s, command = float(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with subprocess.Popen(command) as child:
        sys.stdout.write(f"{child.pid}\n")
        sys.stdout.flush()
        status = child.wait()
    left = _left_after(limit_s)
    found = {"status": status, "left": [_describe(process) for process in left]}
    sys.stdout.write(json.dumps(found) + "\n")
    for process in left:
        process.kill()


def _left_after(limit_s: float) -> list[psutil.Process]:
    """Descendants that outlive the limit; returns as soon as there are none."""
    deadline = time.monotonic() + limit_s
    while True:
        children = psutil.Process().children(recursive=True)
        _, alive = psutil.wait_procs(children, timeout=0.1)
        if not alive or time.monotonic() > deadline:
            return alive


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())}"
    except psutil.Error:
        return f"{process.pid} (gone)"


if __name__ == "__main__":
    main()
