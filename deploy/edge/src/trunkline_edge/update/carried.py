"""A bundle that somebody carried here in one file, as the source of an install with all its checks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.bundle.packed import PackedBundle
from trunkline_edge.errors import BundleInvalid, BundleTooNew, ContentRefused, NotPublished, RequirementUnmet
from trunkline_edge.update.decisions import Pointer


class CarriedSource:
    """A packed bundle. Nothing in it is signed; who carries it is trusted."""

    def __init__(self, path: Path) -> None:
        """Raise `ContentRefused` or `RequirementUnmet` where the file is no bundle that this device can read."""
        try:
            self._packed = PackedBundle(path)
        except BundleTooNew as error:
            raise RequirementUnmet(str(error)) from None
        except BundleInvalid as error:
            raise ContentRefused(str(error)) from None

    @property
    def origin(self) -> str:
        """See `Source`. The bundle itself: whoever carries an older one after a newer one means it."""
        return f"file/{self._packed.manifest.bundle_id}"

    @property
    def is_signed(self) -> bool:
        """See `Source`."""
        return False

    def pointer(self) -> Pointer:
        """See `Source`."""
        manifest = self._packed.manifest
        return Pointer(manifest.product, manifest.bundle_id, manifest.provenance.version, 1)

    def issued(self) -> datetime | None:
        """See `Source`."""
        return None

    def manifest(self, bundle_id: str) -> Manifest:
        """See `Source`."""
        if bundle_id != self._packed.manifest.bundle_id:
            raise NotPublished(f"{self._packed.path} holds bundle {self._packed.manifest.bundle_id[:12]} alone")
        return self._packed.manifest

    def fetch(self, entry: FileEntry, part: Path) -> None:
        """See `Source`."""
        part.unlink(missing_ok=True)
        try:
            self._packed.copy(entry, part)
        except BundleInvalid as error:
            raise ContentRefused(str(error)) from None
