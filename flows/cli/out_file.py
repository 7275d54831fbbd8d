"""A file that a command was told to write: it appears under its name when all of it is there."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from schemas.errors import UserError


@contextmanager
def opened_whole(out: Path) -> Iterator[TextIO]:
    """Open a file that takes the place of `out` when the block ends well, with the permissions that `out` had.

    A link at `out` is replaced, never followed.
    """
    if out.exists() and not out.is_file():
        raise UserError(f"{out}: is no file; give the name of a file, new or to be replaced")
    # Nobody can put a link where it is written: the name cannot be guessed, and "x" opens nothing that is there.
    part = out.with_name(f".{secrets.token_hex(16)}.part")
    try:
        target = part.open("x", encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{out}: its folder does not exist") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # no fault of the call's
            raise
        raise UserError(f"{out}: cannot be written: {error.strerror}") from None
    try:
        with target:
            if out.is_file() and not out.is_symlink():
                os.fchmod(target.fileno(), stat.S_IMODE(out.stat().st_mode))
            yield target
            target.flush()
            os.fsync(target.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
