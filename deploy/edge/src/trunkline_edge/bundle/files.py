"""Files that hold what they should, or are not there: written atomically, read in bounds, known by their sha256."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from trunkline_edge.bundle.manifest import FileEntry
from trunkline_edge.errors import DigestMismatch

Locate = Callable[[FileEntry], Path]
"""Where the file of an entry lies; whoever reads it checks what is found there."""


def write_atomic(path: Path, raw: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that a crash at any moment leaves the old content or the new, never a mixture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        # What lies there now was put there since: a link that leads elsewhere, where others may write to the folder.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_bounded(path: Path, at_most: int) -> bytes:
    """Return the bytes of a regular file, at most so many.

    Raises OSError for a longer file, before it is read, and for what is no file: a pipe would block, and `/dev/zero`
    never end. A link is followed; what counts is what the bytes are, not where they lie.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        raw = file.read(min(status.st_size, at_most) + 1)
    if max(len(raw), status.st_size) > at_most:
        raise OSError(errno.EFBIG, f"more than {at_most:,} bytes", str(path))
    return raw


def read_verified(entry: FileEntry, path: Path) -> bytes:
    """Return the file's bytes; raises `DigestMismatch` unless they are the ones the manifest names.

    ONNX has no checksum: a flipped bit in a weight loads in silence. So nothing is loaded unhashed, and what is
    loaded are the very bytes that were hashed.
    """
    try:
        raw = read_bounded(path, entry.length)
    except OSError as error:
        raise DigestMismatch(f"{entry.name}: cannot be read at {path}: {error.strerror}; install again") from None
    found = hashlib.sha256(raw).hexdigest()
    if len(raw) != entry.length or found != entry.sha256:
        raise DigestMismatch(
            f"{entry.name}: found {len(raw)} bytes with sha256 {found[:12]}, expected {entry.length} bytes with "
            f"{entry.sha256[:12]} at {path}; install again"
        )
    return raw


def is_intact(path: Path, entry: FileEntry) -> bool:
    """Is this file the one that the entry names? A link never is: what it points at can change behind our back."""
    try:
        if path.is_symlink() or path.stat().st_size != entry.length:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except OSError:
        return False
