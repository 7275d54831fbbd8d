"""A folder to work in, which ends with its work: also where the process is killed, once the next one comes along."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tasks.processes import is_dead, this_process

PREFIX, MARK = ".working-", "~"
"""A name is `.working-host~pid~start~` and what makes it the only one."""


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, removed at the end; folders of processes that have died go first."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{PREFIX}*"):
        if is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)  # another process may be at it too
    folder = Path(mkdtemp(prefix=f"{PREFIX}{this_process().replace('/', MARK)}{MARK}", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def is_abandoned(folder: Path) -> bool:
    """Is it a scratch folder whose process has died?"""
    return folder.name.startswith(PREFIX) and is_dead(_process_of(folder))


def _process_of(folder: Path) -> str:
    return folder.name.removeprefix(PREFIX).rpartition(MARK)[0].replace(MARK, "/")
