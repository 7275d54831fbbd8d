"""A data set: good rows on disk, and what there is to know about them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl
from pydantic import TypeAdapter

from schemas.data.contract import SPLITS
from schemas.data.issues import DataIssue
from trunkline_edge.bundle.files import write_atomic

ROW_GROUP_ROWS = 50_000
"""Of the files of a data set: what `Dataset.batches` reads at once."""


@dataclass(frozen=True)
class Dataset:
    """Rows that passed validation, in `folder`: rows/<split>.parquet and dataset.json."""

    digest: str
    """sha256 over the rows, whatever their order."""
    folder: Path
    counts: Mapping[str, int]
    """Split -> rows."""
    labels: Mapping[str, tuple[str, ...]]
    """Class, multilabel and tag head -> label set: the closed set of the spec, else the sorted labels of train."""
    labelled: Mapping[str, Mapping[str, int]]
    """Head -> split -> rows with a label."""
    label_counts: Mapping[str, Mapping[str, int]]
    """Head -> label -> how often in train: rows for class and multilabel heads, spans for tag heads."""
    data_issues: tuple[DataIssue, ...]

    def batches(self, split: str, rows: int = ROW_GROUP_ROWS) -> Iterator[pl.DataFrame]:
        """Yield the rows of a split in file order, at most `rows` at once; columns: `schemas.data.contract`."""
        scan = pl.scan_parquet(rows_file(self.folder, split), glob=False)  # a folder may be called `a[b]*`
        yield from scan.collect_batches(chunk_size=rows, maintain_order=True)

    def part(self, split: str, first: int, rows: int) -> pl.DataFrame:
        """Return at most `rows` rows of a split in file order, from the one at position `first` on."""
        return pl.scan_parquet(rows_file(self.folder, split), glob=False).slice(first, rows).collect()

    def values(self, split: str, column: str) -> tuple[str, ...]:
        """Return the distinct values of a text column of a split, sorted."""
        rows = pl.scan_parquet(rows_file(self.folder, split), glob=False).select(column).drop_nulls()
        return tuple(sorted(rows.unique().collect(engine="streaming")[column]))

    @staticmethod
    def load(folder: Path) -> Dataset:
        """Read the data set in `folder`; raises FileNotFoundError where none was finished."""
        values = json.loads((folder / "dataset.json").read_bytes())
        return TypeAdapter(Dataset).validate_python({**values, "folder": folder})

    def save(self) -> None:
        """Write dataset.json, the sign that the folder is complete; it appears whole or not at all."""
        values = asdict(self)
        del values["folder"]  # so that the folder may be moved
        write_atomic(self.folder / "dataset.json", json.dumps(values, ensure_ascii=False, indent=1).encode())


def rows_file(folder: Path, split: str) -> Path:
    """Return where the rows of a split lie."""
    return folder / "rows" / f"{split}.parquet"


class RowsWriter:
    """Writes rows to the files of their splits in a new folder, as they come, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: dict[str, list[pl.DataFrame]] = {split: [] for split in SPLITS}
        self._files: dict[str, IO[bytes]] = {}
        self._writers: dict[str, Any] = {}
        self._thread = ThreadPoolExecutor(1)
        self._written: Future[None] | None = None

    def __enter__(self) -> RowsWriter:
        (self.folder / "rows").mkdir(parents=True)
        return self

    def add(self, rows: pl.DataFrame) -> None:
        """Write rows, which have a `split`, or keep them until they fill a row group."""
        parts = rows.partition_by("split", as_dict=True)
        for split, held in self._held.items():
            held.append(parts.get((split,), rows.clear()))  # without rows too a file has the columns
            if sum(part.height for part in held) >= ROW_GROUP_ROWS:
                self._begin(split)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                for split, held in self._held.items():
                    if held:
                        self._begin(split)
                self._wait()
        finally:
            self._thread.shutdown()
            for writer in self._writers.values():
                writer.close()
            for file in self._files.values():
                os.fsync(file.fileno())
                file.close()

    def _begin(self, split: str) -> None:
        self._wait()  # so that no more wait in memory than one row group
        self._written = self._thread.submit(self._write, split, self._held[split])
        self._held[split] = []

    def _wait(self) -> None:
        if self._written is not None:
            self._written.result()

    def _write(self, split: str, held: list[pl.DataFrame]) -> None:
        import pyarrow.parquet as pq  # takes 60 MiB, so only where rows are written

        table = pl.concat(held).to_arrow()
        if split not in self._writers:
            self._files[split] = rows_file(self.folder, split).open("wb")
            self._writers[split] = pq.ParquetWriter(
                self._files[split],
                table.schema,
                compression="zstd",
                use_dictionary=["split", "lang", "source"],  # of what comes once, it costs time and bytes
                write_statistics=False,  # nobody looks for rows by value
            )
        self._writers[split].write_table(table, row_group_size=ROW_GROUP_ROWS)
