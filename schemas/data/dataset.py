"""A data set: good rows on disk, and what there is to know about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter

from schemas.data.issues import DataIssue
from trunkline_edge.bundle.files import write_atomic


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

    def batches(self, split: str, rows: int = 50_000) -> Iterator[pl.DataFrame]:
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
