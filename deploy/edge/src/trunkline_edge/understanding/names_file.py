"""Where a device keeps its names: `names.json` in its home, replaced as a whole."""

from __future__ import annotations

import errno
from pathlib import Path

from trunkline_edge.bundle.files import read_bounded, write_atomic
from trunkline_edge.errors import NamesRefused
from trunkline_edge.understanding.names import MAX_NAMES_BYTES, Names

NAMES_FILE = "names.json"
NO_NAMES = Names({})


def read_names(path: Path) -> Names:
    """Read a names file; raises `NamesRefused` naming the file, also where there is none."""
    try:
        raw = read_bounded(path, MAX_NAMES_BYTES)
    except OSError as error:
        raise NamesRefused(f"{path}: {error.strerror}") from None
    try:
        return Names.from_bytes(raw)
    except NamesRefused as error:
        raise NamesRefused(f"{path}: {error}") from None


def names_of(home: Path) -> Names:
    """Return the names of a device; none where it was never told any."""
    path = home / NAMES_FILE
    return read_names(path) if path.exists() else NO_NAMES


def keep_names(home: Path, names: Names) -> None:
    """Put a device's names in place of those that it had; mode 600, for they say who lives there."""
    write_atomic(home / NAMES_FILE, names.to_bytes(), mode=0o600)


def forget_names(home: Path) -> None:
    """Remove a device's names."""
    (home / NAMES_FILE).unlink(missing_ok=True)


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a names file does; None without one."""
    try:
        status = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise NamesRefused(f"{path}: {error.strerror}") from None
    return status.st_ino, status.st_mtime_ns, status.st_size
