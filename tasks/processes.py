"""Which process does something, told so that a later one can see whether it still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process(pid: int | None = None) -> str:
    """Return `host/pid/start` of this process, or of another on this host.

    The start time tells a process from a later one with the same id.
    """
    pid = pid or os.getpid()
    return f"{socket.gethostname()}/{pid}/{_start_of(pid)}"


def is_dead(process: str) -> bool:
    """Has the process certainly ended? What runs on another host cannot be seen, so counts as alive."""
    host, pid, start = process.rsplit("/", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _start_of(int(pid)) != start


def _start_of(pid: int) -> str:
    """Clock ticks since boot; `0` on systems without /proc, where the id alone must do."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "0"
    return stat.rpartition(")")[2].split()[19]
