"""A bundle in one folder: `manifest.json` beside its files, each by its own name."""

from __future__ import annotations

from pathlib import Path

from trunkline_edge.bundle.files import Locate, read_verified, write_atomic
from trunkline_edge.bundle.manifest import Manifest


def write_folder(manifest: Manifest, locate: Locate, folder: Path) -> None:
    """Write the files and then the manifest, so that who finds a manifest finds the rest.

    Raises `DigestMismatch` when a file is not the one that the manifest names. A bundle that was there gives way.
    """
    for entry in manifest.files:
        write_atomic(folder / entry.name, read_verified(entry, locate(entry)))
    write_atomic(folder / "manifest.json", manifest.to_bytes())
