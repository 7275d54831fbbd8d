"""What a folder of bundles no longer needs: manifests that nobody names, and files that no kept manifest names.

For a device's home and for a repository, which keep bundles in the same way. Whoever removes holds their lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from trunkline_edge.bundle.store import load_manifest


def unneeded(home: Path, kept: Collection[str]) -> list[Path]:
    """Return what may go once only the bundles `kept` (ids) count, manifests first: a kill in between is no harm.

    A kept skill keeps what it brought; its trunk stays as long as a bundle needs it. Raises `BundleInvalid` where a
    kept manifest cannot be read: nobody knows then which files it needs.
    """
    manifests = sorted((home / "bundles").glob("*"))
    there = [path.stem for path in manifests if path.stem in kept and path.suffix == ".json"]
    needed = {entry.sha256 for bundle_id in there for entry in load_manifest(home, bundle_id).brought}
    files = sorted((home / "store").glob("*"))
    unnamed = [path for path in manifests if path.stem not in there]
    return [path for path in (*unnamed, *(each for each in files if each.name not in needed)) if not path.is_dir()]


def remove(paths: Iterable[Path]) -> None:
    """Remove files."""
    for path in paths:
        path.unlink(missing_ok=True)
