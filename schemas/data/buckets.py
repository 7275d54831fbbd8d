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

    def __init__(self, folder: Path, byte: pl.Expr, rows: int) -> None:
        """Take about so many `rows` in as many buckets as are needed, a power of two.

        byte: its first bits tell which bucket a row goes to, as UInt8; rows that are to be compared must have the same.
        """
        self.folder = folder
        needed = min(BUCKETS, rows // (HELD_ROWS + 1) + 1)
        self._bucket = (byte.cast(pl.UInt16) // (BUCKETS >> (needed - 1).bit_length())).alias("bucket")
        self._held: list[pl.DataFrame] = []
        self._held_rows = self._written = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows, all frames with the same columns."""
        self._held.append(frame)
        self._held_rows += frame.height
        if self._held_rows > HELD_ROWS:
            self._write()

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of each bucket, by ascending byte; all in one frame where they fit in memory."""
        if not self._written:
            if self._held:
                yield pl.concat(self._held)
            return
        self._write()
        for bucket in sorted(self.folder.iterdir()):
            yield pl.concat([read_part(part) for part in sorted(bucket.iterdir())])

    def _write(self) -> None:
        if not self._held_rows:
            return
        frame = pl.concat(self._held).with_columns(self._bucket)
        for (byte,), rows in frame.partition_by("bucket", as_dict=True, include_key=False).items():
            bucket = self.folder / f"{byte:03}"
            bucket.mkdir(parents=True, exist_ok=True)
            write_part(rows, bucket / f"{self._written:06}.arrow", of_many=True)
        self._held, self._held_rows = [], 0
        self._written += 1


def first_byte(column: str) -> pl.Expr:
    """Return the first byte of a hash."""
    return pl.col(column).bin.head(1).bin.reinterpret(dtype=pl.UInt8)
