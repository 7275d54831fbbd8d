"""A device's folder of bundles, as the updater writes it: locked, whole files only, one pointer to the active one."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trunkline_edge.bundle.files import is_intact, write_atomic
from trunkline_edge.bundle.garbage import remove, unneeded
from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.bundle.skills import SKILLS_FILE, read_skills
from trunkline_edge.bundle.store import State, load_manifest, read_state
from trunkline_edge.errors import BundleInvalid, NoSpace, UpdateRunning

_PART = re.compile(r"[0-9a-f]{64}(?:\.tls)?\.part|\.(?:device|[0-9a-f]{64}|\w+\.json)\.(?P<process>\d{1,9})\.part")
"""A file on its way into the store, or to its name by `write_atomic`."""


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Keep other updaters of this home out; the kernel lets go when we die. Raises `UpdateRunning`."""
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / ".update.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpdateRunning(f"another process is updating {home}; let it finish") from None
        yield
    finally:
        os.close(descriptor)


def state_of(home: Path) -> State:
    """Return which bundle is active; where that cannot be read, none is: the next check says."""
    try:
        return read_state(home)
    except BundleInvalid:
        return State()


def write_state(home: Path, state: State) -> None:
    """Switch: from here on whoever opens the active bundle gets this one."""
    write_atomic(home / "state.json", json.dumps({"active": state.active, "previous": state.previous}).encode())


def missing_files(home: Path, manifest: Manifest) -> list[FileEntry]:
    """Return the files of a bundle that are not here, or are not what they should be."""
    return [entry for entry in manifest.files if not is_intact(home / "store" / entry.sha256, entry)]


def is_whole(home: Path, bundle_id: str) -> bool:
    """Is every file of a stored bundle what its manifest says?"""
    try:
        return not missing_files(home, load_manifest(home, bundle_id))
    except BundleInvalid:
        return False


def place(part: Path, target: Path) -> None:
    """Give a finished file its name, so that it is there whole or not at all, also when the power goes."""
    _flush(part, os.O_RDWR)
    part.replace(target)
    _flush(target.parent, os.O_RDONLY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_away(home: Path, state: State) -> None:
    """Remove what neither the active bundle nor the one before needs, nor any skill.

    Nothing goes where something cannot be read: what was done before has gone well all the same, and the next one tries
    again.
    """
    kept = {bundle_id for bundle_id in (state.active, state.previous) if bundle_id}
    with suppress(OSError, BundleInvalid):
        remove(unneeded(home, kept | set(read_skills(home / SKILLS_FILE).values())))


def remove_parts(home: Path) -> None:
    """Remove files of ours that were on their way when somebody died.

    Whoever holds the lock of this home may: others write names and reports meanwhile, and nothing into the store.
    """
    for folder in (home, home / "bundles", home / "reports", home / "store"):
        for part in folder.glob("*.part"):
            found = _PART.fullmatch(part.name)
            if found and not (found["process"] and _is_at_work(int(found["process"]))):
                part.unlink(missing_ok=True)


def _is_at_work(process: int) -> bool:
    """Is this the id of another process that lives?"""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return process != os.getpid()


def no_room(what: object, error: Exception) -> NoSpace | None:
    """Return our error where another one means that the disk is full; `what` was being written or fetched."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"{what}: {error.strerror}; make room on this device")
    return None
