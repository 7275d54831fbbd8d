"""Frames that wait on disk between two passes over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl


def write_part(frame: pl.DataFrame, path: Path, *, of_many: bool = False) -> tuple[Path, ...]:
    """Write a frame for `read_part`; nothing where it has no rows. Returns the file, if there is one.

    By Arrow, in half the time that polars takes; to compress would take longer. Text is written as polars holds it,
    with that of rows that were left out, unless it is one `of_many` that were cut out of another.
    """
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    if not frame.height:
        return ()
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest() if of_many else pl.CompatLevel.newest())
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return (path,)


def read_part(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Map a frame into memory, or some of its columns: what is not looked at is not read."""
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    return pl.DataFrame(pl.from_arrow(table if columns is None else table.select(list(columns))))
