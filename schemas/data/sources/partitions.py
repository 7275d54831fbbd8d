"""Sources of several files: a folder of partitions on this machine, or an address in an object store.

A partition of an object store is fetched whole before it is read, to a temporary file of this machine: its reader,
which trusts no byte of it, wants a file, and the store is then asked once. One partition is there at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from schemas.data.sources.records import DataRefused

MAX_PARTITIONS = 100_000

_ALONE = (".csv", ".tsv", ".json")
"""Endings of files of rows that are a source each, and no partitions of one."""

_ABOUT_ROWS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""What Hugging Face's `datasets` writes beside its files of rows."""


@dataclass(frozen=True)
class Partition:
    """One file of a source."""

    name: str
    """Relative to the source; empty where the source is this one file."""
    place: str
    store: Any = None
    """The fsspec file system that has it; None for this machine's own."""

    @property
    def suffix(self) -> str:
        """The ending of the name, which tells the format."""
        return PurePosixPath(self.place).suffix.lower()

    def digest(self) -> str:
        """Return a hash of the content: the store's own (`ETag`) where it has one, else sha256."""
        if self.store is None:
            with Path(self.place).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        told = _asked(self.place, self.store.info, self.place)
        if told.get("ETag"):
            return f"{told['size']} {told['ETag']}"
        with _asked(self.place, self.store.open, self.place, "rb") as file:
            total = hashlib.sha256()
            while block := file.read(1 << 20):
                total.update(block)
            return total.hexdigest()

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Have the partition as a file of this machine."""
        if self.store is None:
            yield Path(self.place)
            return
        with TemporaryDirectory(prefix="trunkline-") as folder:
            path = Path(folder) / f"partition{self.suffix}"
            _asked(self.place, self.store.get_file, self.place, str(path))
            yield path


def of_folder(folder: Path, suffixes: tuple[str, ...]) -> list[Partition]:
    """Return the files with one of the suffixes in a folder and those below it, by name.

    Raises:
        DataRefused: there is none, or more than `MAX_PARTITIONS`, or a file of rows that is no partition.
    """
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return [Partition(name, str(folder / name)) for name in _kept(str(folder), names, suffixes)]


def of_url(url: str, suffixes: tuple[str, ...]) -> list[Partition]:
    """Return the files at an address of fsspec: one file, those below a folder, or those that a pattern with `*` names.

    Raises:
        DataRefused: there is none, or more than `MAX_PARTITIONS`, or a file of rows that is no partition; no such
            store, or it cannot be asked.
    """
    import fsspec  # type: ignore[import-untyped]  # has none; only where a spec has an address

    store, place = _asked(url, fsspec.core.url_to_fs, url)
    store.invalidate_cache()  # a process that lasts would see the files of yesterday
    if "*" not in place and _asked(url, store.isfile, place):
        return [Partition("", place, store)]
    places = _asked(url, store.glob if "*" in place else store.find, place)
    base = place.partition("*")[0].rpartition("/")[0] if "*" in place else place.rstrip("/")
    names = [str(found).removeprefix(base).lstrip("/") for found in places]
    return [Partition(name, f"{base}/{name}", store) for name in _kept(url, names, suffixes)]


def _kept(source: str, names: list[str], suffixes: tuple[str, ...]) -> list[str]:
    # As Hive and Spark have it: what begins with a dot or an underscore is no data.
    seen = sorted(name for name in names if not any(part.startswith((".", "_")) for part in name.split("/")))
    kept = [name for name in seen if name.lower().endswith(suffixes)]
    ends = ", ".join(suffixes)
    alone = (name for name in seen if name.lower().endswith(_ALONE) and PurePosixPath(name).name not in _ABOUT_ROWS)
    if kept and (name := next(alone, None)):
        raise DataRefused(
            f"{source}: holds {name}, and of a folder only {ends} are read: move it out, and name it under `data` as a "
            "source of its own; or begin its name with `_` if it is no data"
        )
    if not kept:
        raise DataRefused(
            f"{source}: a folder without files of rows ({ends}); if it is another tool's, say the `format`"
        )
    if len(kept) > MAX_PARTITIONS:
        raise DataRefused(f"{source}: {len(kept):,} files, allowed are {MAX_PARTITIONS:,}; write larger ones")
    return kept


def _asked(url: str, ask: Any, *arguments: Any) -> Any:
    """Ask a store; what it raises, whatever its library calls it, becomes `DataRefused`."""
    try:
        return ask(*arguments)
    except ImportError as error:
        raise DataRefused(f"{url}: {error}; install what reads this store, for example `pip install s3fs`") from None
    except Exception as error:  # each store's library has errors of its own
        raise DataRefused(f"{url}: cannot be read: {error or type(error).__name__}") from None
