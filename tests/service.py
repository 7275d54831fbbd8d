"""A service in a process of its own, for tests that ask it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 120


@contextmanager
def running(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start a service, whose standard output is read; it ends with the block, and is killed where that hangs."""
    service = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    watchdog = threading.Timer(PATIENCE_S, service.kill)
    watchdog.start()
    try:
        yield service
    finally:
        watchdog.cancel()
        service.terminate()
        service.communicate(timeout=30)
