"""Memory of other processes, as the kernel counts it."""

from pathlib import Path

_KIB = 1024


def peak_bytes(pid: int) -> int:
    """The largest resident set that a process has had: VmHWM in /proc/PID/status, see proc(5).

    Raises OSError where there is no such process, or no /proc.
    """
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * _KIB
    raise OSError(f"the kernel does not say how much memory process {pid} has had")
