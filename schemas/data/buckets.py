"""Rows parted by a hash, on disk: those that are equal in a column lie together, and so few at once fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from schemas.data.parts import read_part, write_part

BUCKETS = 256
"""At most, by one byte. Of 10^8 rows, 400,000 lie in a bucket."""

HELD_ROWS = 500_000
"""Rows that wait in memory before they are parted and written; a set with no more of them is never written."""


class Buckets:
    """Frames in, and out again a bucket at a time, rows in the order in which they came."""

    def __init__(self, folder: Path, byte: pl.Expr) -> None:
        """Take rows in as many buckets as they need, a power of two; the more were taken, the more there are.

        byte: its first bits tell which bucket a row goes to, as UInt8; rows that are to be compared must have the same.
        """
        self.folder = folder
        self._byte = byte.cast(pl.UInt16)
        self._held: list[pl.DataFrame] = []
        self._held_rows = self._rows = 0
        self._parted_in: list[int] = []  # buckets of each part that was written

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows, all frames with the same columns."""
        self._held.append(frame)
        self._held_rows += frame.height
        self._rows += frame.height
        if self._held_rows > HELD_ROWS:
            self._write()

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of each bucket, by ascending byte; all in one frame where they fit in memory."""
        if not self._parted_in:
            if self._held:
                yield pl.concat(self._held)
            return
        if self._held:
            self._write()
        for bucket in range(self._parted_in[-1]):
            parts = [rows for rows in self._parts_of(bucket) if rows.height]
            if parts:
                yield pl.concat(parts)

    def _parts_of(self, bucket: int) -> Iterator[pl.DataFrame]:
        buckets = self._parted_in[-1]
        for part, fewer in enumerate(self._parted_in):
            if (path := self._file(part, bucket * fewer // buckets)).exists():
                rows = read_part(path)
                yield rows if fewer == buckets else rows.filter(self._bucket(buckets) == bucket)

    def _write(self) -> None:
        buckets = 1 << (min(BUCKETS, self._rows // (HELD_ROWS + 1) + 1) - 1).bit_length()
        frame = pl.concat(self._held).with_columns(self._bucket(buckets).alias("bucket"))
        self.folder.mkdir(parents=True, exist_ok=True)
        for (bucket,), rows in frame.partition_by("bucket", as_dict=True, include_key=False).items():
            write_part(rows, self._file(len(self._parted_in), bucket), of_many=True)
        self._held, self._held_rows = [], 0
        self._parted_in.append(buckets)

    def _bucket(self, buckets: int) -> pl.Expr:
        return self._byte // (BUCKETS // buckets)

    def _file(self, part: int, bucket: int) -> Path:
        return self.folder / f"{part:06}-{bucket:03}.arrow"


def first_byte(column: str) -> pl.Expr:
    """Return the first byte of a hash."""
    return pl.col(column).bin.head(1).bin.reinterpret(dtype=pl.UInt8)
