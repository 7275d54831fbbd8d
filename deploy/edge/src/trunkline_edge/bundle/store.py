"""Where a device keeps bundles: files by their digest, manifests by bundle id, one pointer to the active one.

    home/store/<sha256>          every file once, never overwritten
    home/bundles/<id>.json       manifests
    home/state.json              {"active": id, "previous": id | null}

A repository has the same `store/` and `bundles/`, and `channels/<product>/<channel>.json` pointers. Order of
writing is files, manifest, pointer, each by write, fsync, rename, fsync of the folder: whoever follows a pointer
finds everything behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trunkline_edge.bundle.files import Locate, is_intact, read_bounded, read_verified, write_atomic
from trunkline_edge.bundle.manifest import MAX_MANIFEST_BYTES, FileEntry, Manifest
from trunkline_edge.errors import BundleInvalid, BundleTooNew

MAX_POINTER_BYTES = 16_384  # bytes


@dataclass(frozen=True, slots=True)
class State:
    """Which bundle is in force."""

    active: str | None = None
    previous: str | None = None


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
        if not is_intact(target, entry):
            write_atomic(target, read_verified(entry, source(entry)))
            copied.append(entry)
    write_atomic(home / "bundles" / f"{manifest.bundle_id}.json", manifest.to_bytes())
    return copied


def load_manifest(home: Path, bundle_id: str) -> Manifest:
    """Read a stored manifest; raises `BundleInvalid` unless its bytes have the id they are stored under."""
    path = home / "bundles" / f"{bundle_id}.json"
    try:
        raw = read_bounded(path, MAX_MANIFEST_BYTES)
    except OSError as error:
        raise BundleInvalid(f"bundle {bundle_id[:12]}: no manifest at {path}: {error.strerror}") from None
    try:
        manifest = Manifest.from_bytes(raw)
    except BundleTooNew:
        raise
    except BundleInvalid as error:
        raise BundleInvalid(f"{path}: {error}; install again") from None
    if manifest.bundle_id != bundle_id:
        raise BundleInvalid(f"{path} holds bundle {manifest.bundle_id[:12]}, not {bundle_id[:12]}; install again")
    return manifest


def stored_manifests(home: Path, bundle_ids: Iterable[str]) -> list[Manifest]:
    """Read the manifests of those bundles that are stored."""
    return [load_manifest(home, each) for each in bundle_ids if (home / "bundles" / f"{each}.json").exists()]


def read_state(home: Path) -> State:
    """Return the device's state; a home without one has nothing installed."""
    try:
        value = json.loads(read_bounded(home / "state.json", MAX_POINTER_BYTES))
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, RecursionError) as error:
        raise BundleInvalid(f"{home / 'state.json'} cannot be read: {error}; install again") from None
    state = State(value.get("active"), value.get("previous")) if isinstance(value, dict) else None
    if state is None or not all(each is None or _is_bundle_id(each) for each in (state.active, state.previous)):
        raise BundleInvalid(f"{home / 'state.json'} names no bundle: {str(value)[:80]}; install again")
    return state


def write_pointer(repository: Path, product: str, channel: str, pointer: dict[str, Any]) -> None:
    """Point a channel at a bundle that the repository already holds."""
    load_manifest(repository, pointer["bundle_id"])
    raw = json.dumps(pointer, sort_keys=True, indent=1).encode()
    write_atomic(repository / "channels" / product / f"{channel}.json", raw)


def read_pointer(repository: Path, product: str, channel: str) -> dict[str, Any] | None:
    """Return what a channel points at, or None when it points at nothing yet."""
    path = repository / "channels" / product / f"{channel}.json"
    try:
        pointer = json.loads(read_bounded(path, MAX_POINTER_BYTES))
        if not _is_bundle_id(pointer["bundle_id"]):
            raise BundleInvalid(f"{path}: {pointer['bundle_id']!r} is no bundle id")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleInvalid(f"{path} is no channel pointer: {error}") from None
    return dict(pointer)


def products_in(repository: Path) -> list[str]:
    """Return the products that have a channel."""
    return sorted(folder.name for folder in (repository / "channels").glob("*") if folder.is_dir())


def channels_of(repository: Path, product: str) -> list[str]:
    """Return the channels of a product."""
    return sorted(path.stem for path in (repository / "channels" / product).glob("*.json"))


def _is_bundle_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
