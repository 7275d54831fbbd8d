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
    return _is_here(process) and not is_alive_here(process)


def is_alive_here(process: str) -> bool:
    """Does the process certainly run, and on this host? One that was killed and waits for its parent does not."""
    if not _is_here(process):
        return False
    pid = pid_of(process)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    start = _start_of(pid)
    return bool(start) and start == process.rpartition("/")[2]


def pid_of(process: str) -> int:
    """Return the process's id on its host."""
    return int(process.rsplit("/", 2)[1])


def _is_here(process: str) -> bool:
    return process.rsplit("/", 2)[0] == socket.gethostname()


def _start_of(pid: int) -> str:
    """Clock ticks since boot; `0` on systems without /proc, where the id alone must do, and nothing when it ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "0"
    state, *more = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else more[18]
