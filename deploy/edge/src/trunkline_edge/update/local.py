"""Bundles from a folder on this machine: the registry's own channel, or a stick."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from trunkline_edge.bundle.files import read_verified
from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.bundle.store import channels_of, load_manifest, located_in, products_in, read_pointer
from trunkline_edge.errors import BundleInvalid, BundleTooNew, ContentRefused, NoSuchChannel, RequirementUnmet
from trunkline_edge.update.decisions import Pointer


class LocalSource:
    """A folder with `store/`, `bundles/` and `channels/`. Nothing in it is signed; who writes it is trusted."""

    def __init__(self, repository: Path, product: str, channel: str) -> None:
        self.repository, self.product, self.channel = repository, product, channel

    @property
    def origin(self) -> str:
        """See `Source`."""
        return f"{self.repository.absolute()}/{self.product}/{self.channel}"

    @property
    def is_signed(self) -> bool:
        """See `Source`."""
        return False

    def pointer(self) -> Pointer:
        """See `Source`."""
        with _translated():
            found = read_pointer(self.repository, self.product, self.channel)
        if found is None:
            raise NoSuchChannel(
                f"channel {self.product}/{self.channel} in {self.repository} points at nothing: {self._what_there_is()}"
            )
        return Pointer(self.product, found["bundle_id"], found["version"], found.get("sequence", 1))

    def _what_there_is(self) -> str:
        products, channels = products_in(self.repository), channels_of(self.repository, self.product)
        for word, known in ((self.product, products), (self.channel, channels)):
            if word not in known and (near := difflib.get_close_matches(word, known, n=1, cutoff=0.5)):
                return f"did you mean {near[0]}?"
        there = [f"{product}/{channel}" for product in products for channel in channels_of(self.repository, product)]
        return f"there are {', '.join(there)}" if there else "it has no channels; `trunkline retrain SPEC` makes one"

    def issued(self) -> datetime | None:
        """See `Source`."""
        return None

    def manifest(self, bundle_id: str) -> Manifest:
        """See `Source`."""
        with _translated():
            return load_manifest(self.repository, bundle_id)

    def fetch(self, entry: FileEntry, part: Path) -> None:
        """See `Source`."""
        part.unlink(missing_ok=True)
        with _translated():
            part.write_bytes(read_verified(entry, located_in(self.repository)(entry)))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except BundleTooNew as error:
        raise RequirementUnmet(str(error)) from None
    except BundleInvalid as error:
        raise ContentRefused(str(error)) from None
