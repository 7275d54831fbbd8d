"""Where a device keeps bundles: files by their digest, manifests by bundle id, one pointer to the active one.

    home/store/<sha256>          every file once, never overwritten
    home/bundles/<id>.json       manifests
    home/state.json              {"active": id, "previous": id | null}

A repository has the same `store/` and `bundles/`, and `channels/<product>/<channel>.json` pointers. Order of
writing is files, manifest, pointer, each by write, fsync, rename, fsync of the folder: whoever follows a pointer
finds everything behind it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trunkline_edge import errors
from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.errors import BundleInvalid, NothingInstalled, TrunklineEdgeError
from trunkline_edge.understanding.session import Locate, Runtime, read_verified

SELF_TEST_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class State:
    """Which bundle is in force."""

    active: str | None = None
    previous: str | None = None


def write_atomic(path: Path, raw: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that a crash at any moment leaves the old content or the new, never a mixture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
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


def located_in(home: Path) -> Locate:
    """Say where a home or repository keeps the files of any manifest."""
    return lambda entry: home / "store" / entry.sha256


def add_bundle(home: Path, manifest: Manifest, source: Locate) -> list[FileEntry]:
    """Copy a bundle's missing files and then its manifest; returns the entries that had to be copied.

    Raises `DigestMismatch` when a source file is not the one named; nothing is activated here.
    """
    copied = []
    for entry in manifest.files:
        target = home / "store" / entry.sha256
        if not _is_intact(target, entry):
            write_atomic(target, read_verified(entry, source(entry)))
            copied.append(entry)
    write_atomic(home / "bundles" / f"{manifest.bundle_id}.json", manifest.to_bytes())
    return copied


def load_manifest(home: Path, bundle_id: str) -> Manifest:
    """Read a stored manifest; raises `BundleInvalid` unless its bytes have the id they are stored under."""
    path = home / "bundles" / f"{bundle_id}.json"
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BundleInvalid(f"bundle {bundle_id[:12]}: no manifest at {path}: {error.strerror}") from None
    manifest = Manifest.from_bytes(raw)
    if manifest.bundle_id != bundle_id:
        raise BundleInvalid(f"{path} holds bundle {manifest.bundle_id[:12]}, not {bundle_id[:12]}; install again")
    return manifest


def read_state(home: Path) -> State:
    """Return the device's state; a home without one has nothing installed."""
    try:
        value = json.loads((home / "state.json").read_bytes())
    except FileNotFoundError:
        return State()
    except (OSError, ValueError) as error:
        raise BundleInvalid(f"{home / 'state.json'} cannot be read: {error}; install again") from None
    state = State(value.get("active"), value.get("previous")) if isinstance(value, dict) else None
    if state is None or not all(each is None or _is_bundle_id(each) for each in (state.active, state.previous)):
        raise BundleInvalid(f"{home / 'state.json'} names no bundle: {str(value)[:80]}; install again")
    return state


def open_active(home: Path, *, threads: int = 1) -> Runtime:
    """Open the active bundle; raises `NothingInstalled` when there is none."""
    active = read_state(home).active
    if active is None:
        raise NothingInstalled(f"no bundle is active in {home}; run `trunkline-edge update` first")
    return Runtime(load_manifest(home, active), located_in(home), threads=threads)


def write_pointer(repository: Path, product: str, channel: str, pointer: dict[str, Any]) -> None:
    """Point a channel at a bundle that the repository already holds."""
    load_manifest(repository, pointer["bundle_id"])
    raw = json.dumps(pointer, sort_keys=True, indent=1).encode()
    write_atomic(repository / "channels" / product / f"{channel}.json", raw)


def read_pointer(repository: Path, product: str, channel: str) -> dict[str, Any] | None:
    """Return what a channel points at, or None when it points at nothing yet."""
    path = repository / "channels" / product / f"{channel}.json"
    try:
        pointer = json.loads(path.read_bytes())
        if not _is_bundle_id(pointer["bundle_id"]):
            raise BundleInvalid(f"{path}: {pointer['bundle_id']!r} is no bundle id")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleInvalid(f"{path} is no channel pointer: {error}") from None
    return dict(pointer)


def update(home: Path, repository: Path, product: str, channel: str) -> tuple[State, list[FileEntry]]:
    """Install what a local channel points at; returns the new state and the files that were copied.

    The golden self-test runs in a child process, so that a graph which crashes the runtime cannot take the
    updater with it. Whatever fails leaves the active bundle as it was.
    """
    pointer = read_pointer(repository, product, channel)
    if pointer is None:
        raise NothingInstalled(f"channel {product}/{channel} in {repository} points at nothing yet; release a bundle")
    bundle_id = pointer["bundle_id"]
    try:
        state = read_state(home)
    except BundleInvalid:
        state = State()  # its message says to install again, and so we do
    copied = add_bundle(home, load_manifest(repository, bundle_id), located_in(repository))
    if state.active == bundle_id:
        return state, copied
    self_test(home, bundle_id)
    new = State(active=bundle_id, previous=state.active)
    write_atomic(home / "state.json", json.dumps({"active": new.active, "previous": new.previous}).encode())
    return new, copied


def self_test(home: Path, bundle_id: str) -> None:
    """Run the golden self-test of a stored bundle in a child process; raises what the child failed of.

    That is a `BundleInvalid` where it ended without a word.
    """
    command = [sys.executable, "-P", "-m", "trunkline_edge", "verify", "--home", str(home), "--bundle", bundle_id]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=SELF_TEST_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise BundleInvalid(f"bundle {bundle_id[:12]}: self-test took over {SELF_TEST_TIMEOUT_S} s") from None
    if child.returncode != 0:
        # Its own message if it had one, else the last line of what it left: that of a traceback says most.
        _, has_message, message = child.stderr.strip().rpartition("trunkline-edge: ")
        lines = [message] if has_message else child.stderr.strip().splitlines()
        detail = lines[-1] if lines else f"the process ended with {child.returncode}"
        raise _kind_of(child.stdout)(f"bundle {bundle_id[:12]} failed its self-test: {detail}")


def _kind_of(told: str) -> type[TrunklineEdgeError]:
    """Return the type of error that `verify` names in its last line."""
    try:
        kind = getattr(errors, json.loads(told.splitlines()[-1])["error"])
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        return BundleInvalid
    return kind if isinstance(kind, type) and issubclass(kind, TrunklineEdgeError) else BundleInvalid


def _is_bundle_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_intact(path: Path, entry: FileEntry) -> bool:
    try:
        raw = path.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(raw).hexdigest() == entry.sha256
