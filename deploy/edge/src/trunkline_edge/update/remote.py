"""Bundles from a signed repository behind a URL, by the TUF client.

home/tuf/<root>/     signed metadata, pointer and manifest seen last; what keeps a server from going back in time
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, TargetFile, Timestamp
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from trunkline_edge.bundle.manifest import MAX_MANIFEST_BYTES, FileEntry, Manifest
from trunkline_edge.errors import (
    BundleInvalid,
    BundleTooNew,
    ContentRefused,
    InputRefused,
    NotPublished,
    RequirementUnmet,
)
from trunkline_edge.update.decisions import MAX_POINTER_BYTES, Pointer, checked_name, is_bundle_id, pointer_from
from trunkline_edge.update.download import BoundedFetcher
from trunkline_edge.update.followed import BUNDLE_ID, MAX_PACKED_BYTES, Offered
from trunkline_edge.update.trusted import CLIENT_ERRORS, check_named, failure_of

MAX_METADATA_BYTES = 2_000_000  # bytes; some 10,000 files


def read_root(path: Path) -> bytes:
    """Return the bytes of a `root.json`; raises `InputRefused` where it is none or its own keys have not signed it."""
    raw, expected = path.read_bytes(), "bring metadata/1.root.json of the repository by a way that you trust"
    try:
        metadata = Metadata[Root].from_bytes(raw)
        if metadata.signed.type != Root.type:
            raise InputRefused(f"{path} is no root.json but of the role {metadata.signed.type}; {expected}")
        metadata.signed.verify_delegate(Root.type, metadata.signed_bytes, metadata.signatures)
    except RepositoryError as error:
        raise InputRefused(f"{path} is no root.json: {error}; {expected}") from None
    return raw


class RemoteSource:
    """One channel of a signed repository.

    root: the bytes of a `root.json` that came to this device by another way than the network, always the same ones;
    newer roots are followed from there.
    """

    def __init__(
        self, url: str, root: bytes, home: Path, product: str, channel: str, fetcher: FetcherInterface | None = None
    ) -> None:
        self.url, self.root = url.rstrip("/"), root
        self.product, self.channel = checked_name("product", product), checked_name("channel", channel)
        self._folder = home / "tuf" / hashlib.sha256(root).hexdigest()[:16]
        self._fetcher = fetcher or BoundedFetcher()
        self._updater: Updater | None = None

    @property
    def origin(self) -> str:
        """See `Source`; by the root of trust, so that a mirror at another address is the same channel."""
        return f"{self._folder.name}/{self.product}/{self.channel}"

    @property
    def is_signed(self) -> bool:
        """See `Source`."""
        return True

    def pointer(self) -> Pointer:
        """See `Source`."""
        config = UpdaterConfig(snapshot_max_length=MAX_METADATA_BYTES, targets_max_length=MAX_METADATA_BYTES)
        with _translated(self.url):
            self._folder.mkdir(parents=True, exist_ok=True)
            for left in self._folder.glob("tmp*"):  # of a client that was killed
                left.unlink()
            # A client refreshes once in its life; it walks from our root to the newest by itself.
            self._updater = Updater(
                str(self._folder), f"{self.url}/metadata", str(self._folder), f"{self.url}/targets",
                fetcher=self._fetcher, config=config, bootstrap=self.root,
            )  # fmt: skip
            self._updater.refresh()
        target = self._target(f"channels/{self.channel}/{self.product}.json")
        if target is None:
            raise NotPublished(
                f"{self.url}: channel {self.channel!r} points at nothing of product {self.product!r}: is a name "
                "mistyped? At the desk, `trunkline release status` lists what there is, and "
                f"`trunkline release promote {self.channel} --product {self.product}` points the channel at a bundle"
            )
        return pointer_from(self._small(target, MAX_POINTER_BYTES, "pointer"), self.product)

    def issued(self) -> datetime | None:
        """See `Source`."""
        signed = Metadata[Timestamp].from_file(str(self._folder / "timestamp.json")).signed
        try:
            issued = datetime.fromisoformat(signed.unrecognized_fields["issued"])
        except (KeyError, TypeError, ValueError):
            return None  # of another maker's repository
        return issued if issued.tzinfo else issued.replace(tzinfo=UTC)

    def manifest(self, bundle_id: str) -> Manifest:
        """See `Source`."""
        try:
            manifest = Manifest.from_bytes(
                self._small(self._named(f"m/{bundle_id}.json"), MAX_MANIFEST_BYTES, "manifest")
            )
        except BundleTooNew as error:
            raise RequirementUnmet(str(error)) from None
        except BundleInvalid as error:
            raise ContentRefused(str(error)) from None
        if manifest.bundle_id != bundle_id:
            raise ContentRefused(f"m/{bundle_id}.json holds bundle {manifest.bundle_id[:12]}")
        return manifest

    def fetch(self, entry: FileEntry, part: Path) -> None:
        """See `Source`."""
        target = self._named(f"m/{entry.sha256}")
        check_named(entry, target)
        self._download(target, part)

    def skill(self, path: str) -> Offered:
        """See `SkillSource`."""
        target = self._named(path)
        bundle_id, sha256 = str((target.custom or {}).get(BUNDLE_ID)), target.hashes.get("sha256")
        if not is_bundle_id(bundle_id) or sha256 is None or not 0 < target.length <= MAX_PACKED_BYTES:
            raise ContentRefused(f"{path}: {target.length} bytes, named {bundle_id[:80]!r}: not signed as a skill")
        return Offered(path, sha256, target.length, bundle_id)

    def fetch_skill(self, offered: Offered, part: Path) -> None:
        """See `SkillSource`."""
        part.parent.mkdir(parents=True, exist_ok=True)
        self._download(self._named(offered.path), part)

    def _small(self, target: TargetFile, at_most: int, kept_as: str) -> bytes:
        """Return the content of a target that is read at once. The last one of its kind is kept, and fetched once."""
        if target.length > at_most:
            raise ContentRefused(f"{target.path}: {target.length} bytes; at most {at_most} are read")
        kept = self._folder / kept_as
        assert self._updater is not None  # `pointer` comes first
        if self._updater.find_cached_target(target, str(kept)) is None:
            self._download(target, kept)
        return kept.read_bytes()

    def _target(self, path: str) -> TargetFile | None:
        """Return what is signed of a file; None where no role that may has signed it."""
        assert self._updater is not None  # `pointer` comes first
        with _translated(path):
            return self._updater.get_targetinfo(path)

    def _named(self, path: str) -> TargetFile:
        target = self._target(path)
        if target is None:
            raise NotPublished(f"{self.url}: no role that may has signed {path}")
        return target

    def _download(self, target: TargetFile, part: Path) -> None:
        assert self._updater is not None
        part.unlink(missing_ok=True)  # never written through: it could be a link to something else
        with _translated(target.path):
            self._updater.download_target(target, filepath=str(part))


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except CLIENT_ERRORS as error:
        if (failure := failure_of(error, what)) is None:
            raise
        raise failure from error
