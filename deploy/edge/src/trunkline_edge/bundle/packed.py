"""One file to carry a bundle in: a plain zip of `manifest.json` and the files that it names, none of them compressed.
A skill's file has those alone that its base bundle lacks.

Nothing in it is signed. Who brings it is trusted as a local repository is; that it arrived whole, the manifest's hashes
say. Nothing is unpacked under a name from the file: entries are read by the names of the manifest.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from trunkline_edge.bundle.files import Locate, read_verified
from trunkline_edge.bundle.manifest import MAX_BUNDLE_BYTES, MAX_FILES, MAX_MANIFEST_BYTES, FileEntry, Manifest
from trunkline_edge.errors import BundleInvalid, DigestMismatch

MANIFEST = "manifest.json"
SUFFIX, SKILL_SUFFIX = ".tlb", ".tls"
_END = struct.Struct("<4sHHHHLLH")
"""Zip's end of central directory (APPNOTE 4.3.16), the last bytes of a file without a comment."""
_MAX_DIRECTORY_BYTES = (MAX_FILES + 1) * 512
_CHUNK_BYTES = 1 << 20


def write_packed(manifest: Manifest, locate: Locate, file: IO[bytes]) -> None:
    """Write a bundle; raises `DigestMismatch` where a file is not the one that the manifest names.

    The same bundle gives the same bytes.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(zipfile.ZipInfo(MANIFEST), manifest.to_bytes())
        for entry in manifest.brought:
            packed.writestr(zipfile.ZipInfo(entry.name), read_verified(entry, locate(entry)))


class PackedBundle:
    """A packed bundle, opened. Raises `BundleInvalid` for what is none, before more than its directory is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._opened() as packed:
            infos = packed.infolist()
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                raise BundleInvalid(f"{path}: is compressed; only `trunkline pack` writes what is opened here")
            sizes = {info.filename: info.file_size for info in infos}
            if len(sizes) < len(infos) or not 0 < sizes.get(MANIFEST, 0) <= MAX_MANIFEST_BYTES:
                raise BundleInvalid(f"{path}: has no {MANIFEST}, or names that stand twice; pack it again")
            self.manifest = Manifest.from_bytes(packed.read(MANIFEST))
        named = {entry.name: entry.length for entry in self.manifest.brought}
        if sizes != {**named, MANIFEST: sizes[MANIFEST]}:
            odd = sorted(sizes.keys() - {MANIFEST} ^ named.keys()) or ["a file of another length"]
            raise BundleInvalid(f"{path}: does not hold the files of its manifest ({odd[0][:80]!r}); pack it again")

    def copy(self, entry: FileEntry, target: Path) -> None:
        """Write the file that an entry names; raises `DigestMismatch` where it is another."""
        digest = hashlib.sha256()
        with self._opened() as packed, packed.open(entry.name) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != entry.sha256:
            raise DigestMismatch(f"{self.path}: {entry.name} is not the file that the manifest names; carry it again")

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with self.path.open("rb") as file:
                _check_end(self.path, file)
                with zipfile.ZipFile(file) as packed:
                    yield packed
        except EOFError:  # zipfile's, with no word
            raise BundleInvalid(f"{self.path}: is no packed bundle, or is damaged: it ends too early") from None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError, ValueError, struct.error) as error:
            raise BundleInvalid(f"{self.path}: is no packed bundle, or is damaged: {error}") from None


def _check_end(path: Path, file: IO[bytes]) -> None:
    """Refuse what is too large before zipfile reads its whole directory into memory."""
    size = file.seek(0, 2)
    if size > MAX_BUNDLE_BYTES + MAX_MANIFEST_BYTES + 2 * _MAX_DIRECTORY_BYTES:
        raise BundleInvalid(f"{path}: {size:,} bytes; a bundle has at most {MAX_BUNDLE_BYTES:,}")
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise BundleInvalid(
            f"{path}: is no packed bundle, or is damaged: its end is missing; `trunkline pack` writes one"
        )
    _, _, _, _, entries, directory_bytes, _, _ = _END.unpack(end)
    if entries > MAX_FILES + 1 or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise BundleInvalid(f"{path}: names {entries:,} files; a bundle has at most {MAX_FILES}")
    file.seek(0)
