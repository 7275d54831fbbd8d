"""What a path that somebody wrote leads to, before it is opened: a pipe would wait for ever, a device never end."""

from __future__ import annotations

import stat
from pathlib import Path

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def special_file(path: Path) -> str | None:
    """Return what a path leads to where that is no regular file, in words; None for a regular file.

    Raises:
        OSError: there is nothing, or nothing that may be looked at; also for what cannot be a path.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL character
        raise OSError(str(error)) from None
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")
