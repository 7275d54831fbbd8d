"""What an updater asks of the place that bundles come from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.update.decisions import Pointer


class Source(Protocol):
    """One channel of one product. Every method may raise `UpdateFailed`, and `manifest` `RequirementUnmet`."""

    @property
    def origin(self) -> str:
        """Name of the channel by what vouches for it; what was seen of one origin says nothing of another."""
        ...

    @property
    def is_signed(self) -> bool:
        """Do signatures vouch for it, which expire? With a wrong clock, old ones would pass as fresh."""
        ...

    def pointer(self) -> Pointer:
        """Look anew at what the channel points at; the other methods answer as of this look."""
        ...

    def issued(self) -> datetime | None:
        """Return when what `pointer` saw was signed, or None where nothing is signed."""
        ...

    def manifest(self, bundle_id: str) -> Manifest:
        """Return the manifest with this id."""
        ...

    def fetch(self, entry: FileEntry, part: Path) -> None:
        """Write the file that the entry names to `part`; what has another length or hash raises, never returns."""
        ...
