"""A folder to work in, which ends with its work: also where the process is killed, once the next one comes along."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

PREFIX = ".working-"


@contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, removed at the end; folders of processes that have died go first.

    A living process holds a lock on its folder, which the system takes from it when it dies.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{PREFIX}*"):
        _remove_if_left(left)
    while True:
        folder = Path(mkdtemp(prefix=PREFIX, dir=parent))
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(held, fcntl.LOCK_EX)
        if folder.exists():  # else another process took it for left, in the moment before the lock
            break
        os.close(held)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(held)


def _remove_if_left(folder: Path) -> None:
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)
