"""Frames that wait on disk between two passes over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl


class Parts:
    """Frames put down in numbered files of a new folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.paths: list[Path] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Write a frame, if it has rows."""
        if frame.height:
            path = self.folder / f"{len(self.paths):06}.arrow"
            frame.write_ipc(path)  # to compress would take longer than all else that is done with the file
            self.paths.append(path)


def read_part(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Map a frame into memory, or some of its columns: what is not looked at is not read."""
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    return pl.DataFrame(pl.from_arrow(table if columns is None else table.select(list(columns))))
